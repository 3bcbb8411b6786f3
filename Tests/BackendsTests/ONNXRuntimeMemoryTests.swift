import CONNXRuntime
import Glibc
import Testing

@testable import Backends

/// The memory that the runtime takes: aligned whatever the source does, and counted.
extension BackendsTests {
    @Suite
    struct ONNXRuntimeMemoryTests {
        /// A source whose blocks of a multiple of 64 bytes come aligned, as those of servers do.
        private static let aligned = BackendAllocator(
            allocate: { aligned_alloc($0 % 64 == 0 ? 64 : 16, $0) }, free: { Glibc.free($0) },
            size: { BackendAllocator.system.size($0) })

        private static func memory(_ isAligned: Bool) -> ONNXRuntimeMemory {
            isAligned
                ? ONNXRuntimeMemory(aligned, isPadded: false) : ONNXRuntimeMemory(.system, isPadded: true)
        }

        /// A source whose blocks are aligned as little as they may be.
        private static let unaligned = BackendAllocator(
            allocate: { malloc($0 + 64).map { ($0 + 15).alignedUp(toMultipleOf: 64) + 8 } },
            free: { _ in }, size: { _ in 64 })

        /// A source that has no large blocks.
        private static let small = BackendAllocator(
            allocate: { $0 > 1 << 24 ? nil : malloc($0) }, free: { Glibc.free($0) },
            size: { BackendAllocator.system.size($0) })

        /// A source that promises everything, as one does where memory is overcommitted.
        private static let endless = BackendAllocator(
            allocate: { aligned_alloc(64, $0 < 1 << 20 ? $0 : 64) }, free: { Glibc.free($0) },
            size: { BackendAllocator.system.size($0) })

        private static let sizes = [0, 1, 7, 8, 63, 64, 65, 1000, 4096, 65_536, 100_000, 1 << 20]

        @Test(arguments: [false, true])
        func everyBlockIsAlignedAndWritable(_ isAligned: Bool) throws {
            let memory = Self.memory(isAligned)
            for size in Self.sizes {
                let block = try #require(memory.allocate(size))
                #expect(Int(bitPattern: block) % 64 == 0)
                memset(block, 0xA5, size)
                memory.free(block)
            }
        }

        @Test func blocksOfASourceThatAlignsLittleAreAligned() throws {
            let memory = ONNXRuntimeMemory(Self.unaligned)
            for size in Self.sizes {
                let block = try #require(memory.allocate(size))
                #expect(Int(bitPattern: block) % 64 == 0)
                memset(block, 0xA5, size)
            }
        }

        @Test func aSourceThatDoesNotAlignGivesNothingWhereItShould() {
            let memory = ONNXRuntimeMemory(Self.unaligned, isPadded: false)
            #expect(memory.allocate(64) == nil)
            #expect(memory.callCount == 0)
        }

        @Test(arguments: [false, true])
        func bytesAndCallsAreCounted(_ isAligned: Bool) throws {
            let memory = Self.memory(isAligned)
            #expect(memory.byteCount == 0)
            #expect(memory.callCount == 0)
            let blocks = try Self.sizes.map { try #require(memory.allocate($0)) }
            #expect(memory.byteCount >= Self.sizes.reduce(0, +))
            #expect(memory.callCount == Self.sizes.count)
            for block in blocks { memory.free(block) }
            #expect(memory.byteCount == 0)
            #expect(memory.callCount == 2 * Self.sizes.count)
        }

        @Test func alignedBlocksHaveNothingAround() throws {
            let memory = ONNXRuntimeMemory(Self.aligned, isPadded: false)
            let block = try #require(memory.allocate(1 << 20))
            #expect(memory.byteCount == BackendAllocator.system.size(block))
            memory.free(block)
        }

        @Test func aBlockThatCannotBeHadIsNilAndNotCounted() {
            for memory in [ONNXRuntimeMemory(Self.small), ONNXRuntimeMemory(.system)] {
                #expect(memory.allocate(1 << 50) == nil)
                #expect(memory.allocate(.max) == nil)
                #expect(memory.allocate(-1) == nil)
                #expect(memory.byteCount == 0)
                #expect(memory.callCount == 0)
            }
        }

        @Test func moreThanTheMachineHasIsNotTaken() throws {
            let memory = ONNXRuntimeMemory(Self.endless)
            #expect(memory.allocate(1 << 45) == nil)
            let block = try #require(memory.allocate(1 << 21))
            memory.free(block)
        }

        @Test func growthIsThatOfItsThread() throws {
            let memory = ONNXRuntimeMemory(.system)
            let before = try #require(memory.allocate(1000))
            let (block, growth) = try memory.growth { () throws in
                memory.free(before)
                inParallel(2) { _ in
                    if let other = memory.allocate(1 << 20) { memory.free(other) }
                    _ = memory.allocate(1 << 20)
                }
                return try #require(memory.allocate(100_000))
            }
            #expect((90_000...120_000).contains(growth))
            memory.free(block)
        }

        @Test func countsOfManyThreadsAddUp() {
            let memory = ONNXRuntimeMemory(.system)
            inParallel(8) { _ in
                for size in 1...1000 {
                    if let block = memory.allocate(size) { memory.free(block) }
                }
            }
            #expect(memory.byteCount == 0)
            #expect(memory.callCount == 16_000)
        }
    }
}
