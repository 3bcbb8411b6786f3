import Tensors
import Testing

@Suite struct TensorBuilderStringTests {
    @Test(
        arguments: [
            ("", [0]), ("a", [97, 0]), ("a\0", [97, 0]), ("\0", [0]), ("\u{E9}", [0xC3, 0xA9, 0]),
            (" ", [32, 0]),
        ] as [(String, [UInt8])])
    func endsEachStringWithOneNul(_ text: String, _ content: [UInt8]) throws {
        #expect(try tensor(.string, values: text).content == content)
    }

    @Test(arguments: ["a\0b", "\0a", "\0\0", "a\0\0", "a\0b\0"])
    func refusesANulBeforeTheEnd(_ text: String) {
        #expect(throws: TensorError.stringContainsNul) { try tensor(.string, values: text) }
    }

    @Test func takesBytesThatAreNoText() throws {
        #expect(try tensor(.string, [1], values: [[0xFF, 0xFE]]).content == [0xFF, 0xFE, 0])
    }

    @Test func keepsTheOrderOfTheStrings() throws {
        #expect(try tensor(.string, values: "x", "", "yz").content == bytes(of: "x\0\0yz\0"))
    }
}

@Suite struct TensorBuilderCountTests {
    static func value(_ type: DataType) -> [UInt8] { bytes(of: "1") }

    @Test(arguments: DataType.allCases)
    func takesAsManyValuesAsElements(_ type: DataType) throws {
        let made = try tensor(type, [2, 2], values: Array(repeating: Self.value(type), count: 4))
        #expect(made.shape.dimensions == [2, 2])
    }

    @Test(arguments: DataType.allCases)
    func takesOneValueForAScalar(_ type: DataType) throws {
        #expect(try tensor(type, [], values: [Self.value(type)]).shape == .scalar)
    }

    @Test(arguments: DataType.allCases)
    func takesNoValuesForNoElements(_ type: DataType) throws {
        #expect(try tensor(type, [2, 0], values: []).byteCount == 0)
    }

    @Test(arguments: DataType.allCases)
    func refusesAValueTooMany(_ type: DataType) {
        #expect(throws: TensorError.valueCountMismatch(expected: 2, actual: 3)) {
            try tensor(type, [2], values: Array(repeating: Self.value(type), count: 3))
        }
    }

    @Test(arguments: DataType.allCases)
    func refusesAValueForNoElements(_ type: DataType) {
        #expect(throws: TensorError.valueCountMismatch(expected: 0, actual: 1)) {
            try tensor(type, [0], values: [Self.value(type)])
        }
    }

    @Test(arguments: DataType.allCases)
    func refusesAValueTooFew(_ type: DataType) {
        #expect(throws: TensorError.valueCountMismatch(expected: 3, actual: 2)) {
            try tensor(type, [3], values: Array(repeating: Self.value(type), count: 2))
        }
    }

    @Test(arguments: DataType.allCases)
    func refusesNoValueForAScalar(_ type: DataType) {
        #expect(throws: TensorError.valueCountMismatch(expected: 1, actual: 0)) {
            try tensor(type, [], values: [])
        }
    }

    @Test func refusesAShapeWhoseBytesOverflow() {
        #expect(throws: TensorError.shapeTooLarge) { try tensor(.float64, [1 << 61], values: []) }
    }

    @Test func refusesAShapeThatNoMachineCanHold() {
        #expect(throws: TensorError.outOfMemory(byteCount: 1 << 60)) {
            try tensor(.uint8, [1 << 60], values: [])
        }
    }
}
