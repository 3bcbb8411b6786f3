import Tensors
import Testing

@Suite struct TensorStorageTests {
    static let byteCounts = [0, 1, 63, 64, 65, 127, 128, 4095, 4096, 1 << 20]

    @Test(arguments: byteCounts)
    func beginsAtAnAlignedAddress(_ byteCount: Int) throws {
        let storage = try TensorStorage(byteCount: byteCount)
        let address = storage.withBytes { $0.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) } }
        #expect(address % 64 == 0)
    }

    @Test(arguments: byteCounts)
    func hasTheBytesAskedFor(_ byteCount: Int) throws {
        let storage = try TensorStorage(byteCount: byteCount)
        #expect(storage.withBytes { $0.count } == byteCount)
    }

    @Test(arguments: byteCounts)
    func keepsWhatIsWrittenToItsFirstAndLastByte(_ byteCount: Int) throws {
        var storage = try TensorStorage(byteCount: byteCount)
        storage.withMutableBytes { span in for index in span.indices { span[index] = UInt8(index & 0xFF) } }
        let last = storage.withBytes { $0.isEmpty ? nil : $0[$0.count - 1] }
        #expect(last == (byteCount == 0 ? nil : UInt8((byteCount - 1) & 0xFF)))
    }

    @Test(arguments: byteCounts)
    func isZeroOnceCleared(_ byteCount: Int) throws {
        var storage = try TensorStorage(byteCount: byteCount)
        storage.withMutableBytes { span in for index in span.indices { span[index] = 0xFF } }
        storage.clear()
        #expect(storage.withBytes { span in span.indices.allSatisfy { span[$0] == 0 } })
    }

    @Test(arguments: [1 << 60, Int.max - 128, Int.max - 127, Int.max - 64, Int.max, -1, Int.min])
    func refusesMoreThanAnyMachineHas(_ byteCount: Int) {
        #expect(throws: TensorError.outOfMemory(byteCount: byteCount)) {
            _ = try TensorStorage(byteCount: byteCount)
        }
    }

    @Test func eachHasMemoryOfItsOwn() throws {
        let first = try tensor(.uint8, [2], [1, 2])
        let second = try tensor(.uint8, [2], [3, 4])
        #expect(first.content == [1, 2] && second.content == [3, 4] && first.address != second.address)
    }
}
