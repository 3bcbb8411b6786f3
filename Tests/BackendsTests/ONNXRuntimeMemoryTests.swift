import CONNXRuntime
import Glibc
import Synchronization
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

        /// A source each of whose blocks takes 4096 bytes.
        private static let roundingUp = BackendAllocator(
            allocate: { malloc($0) }, free: { Glibc.free($0) }, size: { _ in 4096 })

        private static let sizes = [0, 1, 7, 8, 63, 64, 65, 1000, 4096, 65_536, 100_000, 1 << 20]

        @Test(arguments: [false, true])
        func everyBlockIsAlignedAndWritable(_ isAligned: Bool) throws {
            let memory = Self.memory(isAligned)
            for size in Self.sizes {
                let block = try #require(memory.allocate(size).block)
                #expect(Int(bitPattern: block) % 64 == 0)
                memset(block, 0xA5, size)
                memory.free(block)
            }
        }

        @Test func blocksOfASourceThatAlignsLittleAreAligned() throws {
            let memory = ONNXRuntimeMemory(Self.unaligned)
            for size in Self.sizes {
                let block = try #require(memory.allocate(size).block)
                #expect(Int(bitPattern: block) % 64 == 0)
                memset(block, 0xA5, size)
            }
        }

        @Test func aSourceThatDoesNotAlignGivesNothingWhereItShould() {
            let memory = ONNXRuntimeMemory(Self.unaligned, isPadded: false)
            #expect(memory.allocate(64).block == nil)
            #expect(memory.callCount == 0)
        }

        @Test(arguments: [false, true])
        func bytesAndCallsAreCounted(_ isAligned: Bool) throws {
            let memory = Self.memory(isAligned)
            #expect(memory.byteCount == 0)
            #expect(memory.callCount == 0)
            let blocks = try Self.sizes.map { try #require(memory.allocate($0).block) }
            #expect(memory.byteCount >= Self.sizes.reduce(0, +))
            #expect(memory.callCount == Self.sizes.count)
            for block in blocks { memory.free(block) }
            #expect(memory.byteCount == 0)
            #expect(memory.callCount == 2 * Self.sizes.count)
        }

        @Test func alignedBlocksHaveNothingAround() throws {
            let memory = ONNXRuntimeMemory(Self.aligned, isPadded: false)
            let block = try #require(memory.allocate(1 << 20).block)
            #expect(memory.byteCount == BackendAllocator.system.size(block))
            memory.free(block)
        }

        @Test func aBlockThatCannotBeHadIsNilAndNotCounted() {
            for memory in [ONNXRuntimeMemory(Self.small), ONNXRuntimeMemory(.system)] {
                #expect(memory.allocate(1 << 50).block == nil)
                #expect(memory.allocate(.max).block == nil)
                #expect(memory.allocate(-1).block == nil)
                #expect(memory.byteCount == 0)
                #expect(memory.callCount == 0)
            }
        }

        @Test func moreThanTheMachineHasIsNotTaken() throws {
            let memory = ONNXRuntimeMemory(Self.endless)
            #expect(memory.allocate(1 << 45).block == nil)
            let block = try #require(memory.allocate(1 << 21).block)
            memory.free(block)
        }

        @Test func growthIsThatOfItsThread() throws {
            let memory = ONNXRuntimeMemory(.system)
            let before = try #require(memory.allocate(1000).block)
            let (block, growth) = try memory.growth { () throws in
                memory.free(before)
                inParallel(2) { _ in
                    if let other = memory.allocate(1 << 20).block { memory.free(other) }
                    _ = memory.allocate(1 << 20).block
                }
                return try #require(memory.allocate(100_000).block)
            }
            #expect((90_000...120_000).contains(growth))
            memory.free(block)
        }

        @Test func countsOfManyThreadsAddUp() {
            let memory = ONNXRuntimeMemory(.system)
            inParallel(8) { _ in
                for size in 1...1000 {
                    if let block = memory.allocate(size).block { memory.free(block) }
                }
            }
            #expect(memory.byteCount == 0)
            #expect(memory.callCount == 16_000)
        }

        @Test func nothingIsTakenBeyondTheLimit() throws {
            let memory = ONNXRuntimeMemory(.system, limit: { 100_000 })
            let block = try #require(memory.allocate(60_000).block)
            let refused = memory.allocate(60_000)
            #expect(refused.block == nil)
            #expect(refused.is_beyond_limit == 1)
            #expect(memory.callCount == 1)
            let small = try #require(memory.allocate(20_000).block)
            memory.free(block)
            memory.free(small)
            #expect(memory.byteCount == 0)
            #expect(memory.allocate(90_000).block != nil)
        }

        @Test func whatTheSourceRoundsUpCounts() {
            let memory = ONNXRuntimeMemory(Self.roundingUp, limit: { 5000 })
            #expect(memory.allocate(100).is_beyond_limit == 0)
            #expect(memory.allocate(100).is_beyond_limit == 1)
            #expect(memory.byteCount == 4096)
        }

        @Test func noMemoryIsNotTheLimit() {
            let memory = ONNXRuntimeMemory(Self.small, limit: { 1 << 30 })
            let allocation = memory.allocate(1 << 25)
            #expect(allocation.block == nil)
            #expect(allocation.is_beyond_limit == 0)
        }

        @Test func aLimitCanComeAndGoAndCountsWhatWasTakenBefore() throws {
            let limit = Atomic<Int>(0)
            let memory = ONNXRuntimeMemory(.system) { limit.load(ordering: .relaxed) }
            let before = try #require(memory.allocate(60_000).block)
            limit.store(100_000, ordering: .relaxed)
            #expect(memory.allocate(60_000).is_beyond_limit == 1)
            let within = try #require(memory.allocate(20_000).block)
            limit.store(1000, ordering: .relaxed)
            #expect(memory.allocate(1).is_beyond_limit == 1)
            limit.store(0, ordering: .relaxed)
            let after = try #require(memory.allocate(1 << 20).block)
            limit.store(1000, ordering: .relaxed)
            for block in [before, within, after] { memory.free(block) }
            #expect(memory.byteCount == 0)
            #expect(memory.allocate(500).block != nil)
        }

        @Test func whatIsTakenElsewhereCountsForTheLimitOnly() {
            let memory = ONNXRuntimeMemory(.system, limit: { 100_000 })
            #expect(memory.reserve(60_000))
            #expect(!memory.reserve(60_000))
            #expect(memory.allocate(60_000).is_beyond_limit == 1)
            #expect(memory.byteCount == 0)
            #expect(memory.callCount == 0)
            memory.giveBack(60_000)
            #expect(memory.allocate(60_000).block != nil)
        }

        /// Blocks of 1000 bytes that count as 4096 each: exactly so many fit, whoever is first.
        @Test func manyThreadsTogetherTakeExactlyTheLimit() {
            let memory = ONNXRuntimeMemory(Self.roundingUp, limit: { 4096 * 1000 + 4095 })
            let taken = Atomic<Int>(0)
            inParallel(8) { _ in
                for _ in 0..<1000 where memory.allocate(1000).block != nil {
                    taken.wrappingAdd(1, ordering: .relaxed)
                }
            }
            #expect(taken.load(ordering: .relaxed) == 1000)
            #expect(memory.byteCount == 4096 * 1000)
        }

        /// Room for one block: whoever has it has it alone.
        @Test func manyThreadsThatTakeAndGiveBackNeverHaveMoreThanTheLimit() {
            let memory = ONNXRuntimeMemory(Self.roundingUp, limit: { 2 * 4096 - 1 })
            let holders = Atomic<Int>(0)
            let most = Atomic<Int>(0)
            inParallel(8) { _ in
                for _ in 0..<30_000 {
                    guard let block = memory.allocate(8).block else { continue }
                    most.max(holders.add(1, ordering: .relaxed).newValue, ordering: .relaxed)
                    holders.subtract(1, ordering: .relaxed)
                    memory.free(block)
                }
            }
            #expect(most.load(ordering: .relaxed) == 1)
            #expect(memory.byteCount == 0)
        }
    }
}
