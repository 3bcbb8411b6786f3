import Tensors
import Testing

/// Tensors whose bytes stay where somebody else holds them.
@Suite struct HeldTensorTests {
    static let content: [UInt8] = (0..<128).map { $0 }

    static func held(_ bytes: SharedBytes) throws -> Tensor {
        try Tensor(type: .int32, shape: TensorShape([32]), holding: bytes)
    }

    @Test func readsTheBytesWhereTheyLie() throws {
        let bytes = UnalignedBlock(Self.content).shared()
        let address = bytes.withBytes { $0.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) } }
        #expect(try Self.held(bytes).address == address)
    }

    @Test func letsGoOfTheBytesWithTheLastHolder() throws {
        let block = UnalignedBlock(Self.content)
        _ = try Self.held(block.shared())
        #expect(block.releaseCount == 1)
    }

    @Test func keepsTheBytesWhileItLives() throws {
        let block = UnalignedBlock(Self.content)
        let tensor = try Self.held(block.shared())
        withExtendedLifetime(tensor) { #expect(block.releaseCount == 0) }
    }

    @Test func letsGoOfBytesThatItRefuses() throws {
        let block = UnalignedBlock(Self.content)
        let shape = try TensorShape([31])
        #expect(throws: TensorError.byteCountMismatch(expected: 124, actual: 128)) {
            try Tensor(type: .int32, shape: shape, holding: block.shared())
        }
        #expect(block.releaseCount == 1)
    }

    @Test func refusesOtherBytesThanZeroAndOneForBool() throws {
        let shape = try TensorShape([2])
        #expect(throws: TensorError.invalidBool) {
            try Tensor(type: .bool, shape: shape, holding: SharedBytes([1, 2]))
        }
    }

    @Test func refusesAnotherNumberOfStrings() throws {
        let shape = try TensorShape([1])
        #expect(throws: TensorError.stringCountMismatch) {
            try Tensor(type: .string, shape: shape, holding: SharedBytes([97, 0, 98, 0]))
        }
    }

    @Test func mayHoldNoBytes() throws {
        #expect(try Tensor(type: .float32, shape: TensorShape([0]), holding: SharedBytes([])).byteCount == 0)
    }
}

@Suite struct AlignedTensorTests {
    @Test(arguments: [0, 64])
    func aTensorAtAnAlignedAddressIsItself(_ shift: Int) throws {
        let held = try HeldTensorTests.held(UnalignedBlock(HeldTensorTests.content, shift: shift).shared())
        #expect(try held.aligned() === held)
    }

    @Test(arguments: [1, 8, 16, 32, 63, 65])
    func aTensorElsewhereIsCopiedToAnAlignedAddress(_ shift: Int) throws {
        let held = try HeldTensorTests.held(UnalignedBlock(HeldTensorTests.content, shift: shift).shared())
        #expect(try held.aligned().address % 64 == 0)
    }

    @Test(arguments: [(0, true), (1, false), (32, false), (63, false), (64, true)])
    func saysWhetherItsAddressIsAligned(_ shift: Int, _ isAligned: Bool) throws {
        let held = try HeldTensorTests.held(UnalignedBlock(HeldTensorTests.content, shift: shift).shared())
        #expect(held.isAligned == isAligned)
    }

    @Test func theCopyHasTheSameElements() throws {
        let copy = try HeldTensorTests.held(UnalignedBlock(HeldTensorTests.content).shared()).aligned()
        #expect(copy.content == HeldTensorTests.content)
    }

    @Test func theCopyHasTheSameTypeAndShape() throws {
        let copy = try HeldTensorTests.held(UnalignedBlock(HeldTensorTests.content).shared()).aligned()
        #expect(copy.type == .int32 && copy.shape.dimensions == [32])
    }

    @Test func theCopyIsKept() throws {
        let held = try HeldTensorTests.held(UnalignedBlock(HeldTensorTests.content).shared())
        let first = try held.aligned()
        #expect(try held.aligned() === first)
    }

    @Test func theCopyCountsAsTheTensorsMemory() throws {
        let held = try HeldTensorTests.held(UnalignedBlock(HeldTensorTests.content).shared())
        let before = held.memoryByteCount
        let copy = try held.aligned()
        #expect(held.memoryByteCount == before + copy.memoryByteCount)
    }

    @Test(arguments: [0, 1, 3, 100])
    func aTensorWithMemoryOfItsOwnIsAligned(_ count: Int) throws {
        #expect(try Tensor(zerosOf: .float64, shape: TensorShape([count])).isAligned)
    }

    @Test func heldBytesCountAsTheTensorsMemory() throws {
        let small = try HeldTensorTests.held(SharedBytes(HeldTensorTests.content))
        #expect(small.memoryByteCount >= HeldTensorTests.content.count)
    }
}

@Suite struct SharedBytesTests {
    @Test(arguments: [[], [1], [1, 2, 3]] as [[UInt8]])
    func holdACopyOfAnArray(_ content: [UInt8]) {
        #expect(SharedBytes(content).withBytes { span in span.indices.map { span[$0] } } == content)
    }

    @Test func takeTheMemoryThatTheOwnerSays() {
        #expect(SharedBytes(start: nil, count: 0, allocatedByteCount: 48) {}.allocatedByteCount == 48)
    }

    @Test func takeTheirCountIfTheOwnerSaysNothing() {
        #expect(SharedBytes([1, 2, 3]).allocatedByteCount == 3)
    }
}
