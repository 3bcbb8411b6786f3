import Tensors
import Testing

/// A tensor from a block of bytes, as `BLOB` gives it.
@Suite struct TensorFromBytesTests {
    static let numberTypes = DataType.allCases.filter { $0 != .string }

    @Test(arguments: numberTypes)
    func takesTheBytesThatTheShapeAsksFor(_ type: DataType) throws {
        let content = [UInt8](repeating: 1, count: 6 * (type.byteWidth ?? 0))
        #expect(try tensor(type, [2, 3], content).content == content)
    }

    @Test(arguments: numberTypes)
    func takesAScalar(_ type: DataType) throws {
        let content = [UInt8](repeating: 1, count: type.byteWidth ?? 0)
        #expect(try tensor(type, [], content).content == content)
    }

    @Test(arguments: numberTypes)
    func takesNoBytesForNoElements(_ type: DataType) throws {
        #expect(try tensor(type, [3, 0], []).byteCount == 0)
    }

    @Test(arguments: numberTypes, [-1, 1])
    func refusesAByteTooFewOrTooMany(_ type: DataType, _ difference: Int) {
        let expected = 6 * (type.byteWidth ?? 0)
        let content = [UInt8](repeating: 0, count: expected + difference)
        #expect(throws: TensorError.byteCountMismatch(expected: expected, actual: expected + difference)) {
            try tensor(type, [2, 3], content)
        }
    }

    @Test(arguments: numberTypes)
    func refusesBytesForNoElements(_ type: DataType) {
        #expect(throws: TensorError.byteCountMismatch(expected: 0, actual: 1)) { try tensor(type, [0], [0]) }
    }

    @Test func refusesNoBytesForAnElement() {
        #expect(throws: TensorError.byteCountMismatch(expected: 4, actual: 0)) {
            try tensor(.float32, [1], [])
        }
    }

    @Test func refusesAShapeWhoseBytesOverflow() {
        #expect(throws: TensorError.shapeTooLarge) { try tensor(.float64, [1 << 61], [0]) }
    }

    @Test(arguments: [0, 1] as [UInt8])
    func takesZeroAndOneForBool(_ byte: UInt8) throws {
        #expect(try tensor(.bool, [1], [byte]).content == [byte])
    }

    @Test(
        arguments: [
            [2], [255], [2, 0, 0], [0, 2, 0], [0, 0, 2],
        ] as [[UInt8]])
    func refusesOtherBytesForBoolWhereverTheyStand(_ content: [UInt8]) {
        #expect(throws: TensorError.invalidBool) { try tensor(.bool, [content.count], content) }
    }

    @Test(arguments: [
        ([1], "a\0"), ([1], "\0"), ([2], "ab\0c\0"), ([2], "\0\0"), ([2, 2], "a\0\0b\0ccc\0"), ([], "x\0"),
        ([0], ""),
    ])
    func takesOneTerminatedStringPerElement(_ dimensions: [Int], _ text: String) throws {
        #expect(try tensor(.string, dimensions, bytes(of: text)).content == bytes(of: text))
    }

    @Test(arguments: [
        ([1], ""), ([1], "a"), ([1], "a\0b"), ([1], "a\0b\0"), ([2], "a\0"), ([2], "a\0b"), ([0], "\0"),
        ([0], "a"), ([], ""), ([1], "a\0\0"), ([2], "a\0b\0c"),
    ])
    func refusesAnotherNumberOfStringsOrAnOpenEnd(_ dimensions: [Int], _ text: String) {
        #expect(throws: TensorError.stringCountMismatch) { try tensor(.string, dimensions, bytes(of: text)) }
    }

    @Test func doesNotChangeWithTheBytesItWasMadeFrom() throws {
        var content: [UInt8] = [1, 2]
        let made = try tensor(.uint8, [2], content)
        content[0] = 9
        #expect(made.content == [1, 2])
    }

    @Test func keepsTypeAndShape() throws {
        let made = try tensor(.int16, [1, 2], [0, 0, 0, 0])
        #expect(made.type == .int16 && made.shape.dimensions == [1, 2])
    }
}

@Suite struct ZeroTensorTests {
    @Test(arguments: DataType.allCases)
    func hasZeroBytesOfItsWidth(_ type: DataType) throws {
        let made = try Tensor(zerosOf: type, shape: TensorShape([2, 3]))
        #expect(made.content == [UInt8](repeating: 0, count: 6 * (type.byteWidth ?? 1)))
    }

    @Test func holdsEmptyStrings() throws {
        let made = try Tensor(zerosOf: .string, shape: TensorShape([3]))
        #expect(made.stringOffsets == [0, 1, 2])
    }

    @Test(arguments: DataType.allCases)
    func mayHaveNoElements(_ type: DataType) throws {
        #expect(try Tensor(zerosOf: type, shape: TensorShape([0, 4])).byteCount == 0)
    }

    @Test func isRefusedIfItsBytesOverflow() throws {
        let shape = try TensorShape([1 << 61])
        #expect(throws: TensorError.shapeTooLarge) { try Tensor(zerosOf: .float64, shape: shape) }
    }

    @Test func isRefusedIfNoMachineHasTheMemory() throws {
        let shape = try TensorShape([1 << 60])
        #expect(throws: TensorError.outOfMemory(byteCount: 1 << 60)) {
            try Tensor(zerosOf: .uint8, shape: shape)
        }
    }
}

@Suite struct FilledTensorTests {
    @Test func holdsWhatWasWritten() throws {
        let made = try Tensor(type: .uint16, shape: TensorShape([2])) { span throws(TensorError) in
            for index in 0..<4 { span[index] = UInt8(index + 1) }
        }
        #expect(made.content == [1, 2, 3, 4])
    }

    @Test func asksForExactlyItsBytes() throws {
        var count = 0
        _ = try Tensor(type: .float64, shape: TensorShape([3])) { span throws(TensorError) in
            count = span.count
            for index in 0..<count { span[index] = 0 }
        }
        #expect(count == 24)
    }

    @Test func passesOnWhyItWasNotFilled() throws {
        let shape = try TensorShape([1])
        #expect(throws: TensorError.invalidValue) {
            try Tensor(type: .uint8, shape: shape) { _ throws(TensorError) in throw .invalidValue }
        }
    }

    @Test func isRefusedIfItsBytesOverflow() throws {
        let shape = try TensorShape([1 << 61])
        #expect(throws: TensorError.shapeTooLarge) {
            try Tensor(type: .int64, shape: shape) { _ throws(TensorError) in }
        }
    }
}
