import CONNXRuntime
import Glibc

/// What the runtime's calls work on; they come on any thread.
@safe
struct ONNXRuntimeMemoryState: ~Copyable {
    /// What the runtime's instructions need.
    private static let alignment = 64
    /// Room before an aligned block for the address of the block around it.
    private static let headerByteCount = MemoryLayout<Int>.size
    /// Bytes of memory that the machine has. jemalloc hands out many times as much, and whoever then
    /// writes to it is ended by the kernel.
    private static let machineByteCount = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
    /// From this size on, a block is compared with what the machine has.
    private static let largeByteCount = 1 << 20
    /// Enough to keep threads from sharing one, in most cases.
    private static let counterCount = 16

    private let source: BackendAllocator
    /// Whether blocks of the source need a header, since they do not come aligned by themselves.
    private let isPadded: Bool
    private let counters: UnsafeMutablePointer<ONNXRuntimeMemoryCounters>
    private let limit: @Sendable () -> Int
    /// Where a thread keeps the counter of `growth`.
    let growthKey: pthread_key_t

    init(_ source: BackendAllocator, isPadded: Bool, limit: @escaping @Sendable () -> Int) {
        self.limit = limit
        self.source = source
        self.isPadded = isPadded
        unsafe counters = .allocate(capacity: Self.counterCount)
        for index in 0..<Self.counterCount {
            // Safety: within the block.
            unsafe (counters + index).initialize(to: ONNXRuntimeMemoryCounters())
        }
        var key = pthread_key_t()
        let failure = unsafe pthread_key_create(&key, nil)
        precondition(failure == 0, "the process has no thread-specific key left")
        growthKey = key
    }

    /// Whether blocks whose size is a multiple of 64 always come 64-byte aligned.
    ///
    /// jemalloc, which servers usually have, does so. A header would push sizes that are a power of two, as
    /// those of weights often are, into a class of blocks that is a quarter larger. Trying alone proves
    /// nothing of the blocks to come, and that jemalloc is there does not prove that the source is made of
    /// it: both must hold.
    static func alignsMultiples(_ source: BackendAllocator) -> Bool {
        // Safety: only looked up; the second name is that of a jemalloc which is part of the server.
        guard unsafe dlsym(nil, "mallctl") ?? dlsym(nil, "je_mallctl") != nil else { return false }
        let small = (1...40).map { $0 * alignment }
        let large = [1 << 14, 100_032, 1 << 20, 1 << 20 + alignment, 5 << 20]
        return (small + large).allSatisfy { size in
            let block = unsafe source.allocate(size)
            // Safety: just allocated, or nil.
            defer { unsafe source.free(block) }
            return isAligned(Int(bitPattern: block))
        }
    }

    private static func isAligned(_ address: Int) -> Bool { address & (alignment - 1) == 0 }

    /// The sum of a counter over all threads, or all but those that count in the first ones.
    func sum(from first: Int = 0, _ counter: (borrowing ONNXRuntimeMemoryCounters) -> Int) -> Int {
        // Safety: within the block.
        (first..<Self.counterCount).reduce(0) { sum, index in unsafe sum + counter(counters[index]) }
    }

    /// An aligned block, or why there is none.
    func allocate(_ byteCount: Int) -> onnx_allocation {
        let none = unsafe onnx_allocation(block: nil, is_beyond_limit: 0)
        let beyondLimit = unsafe onnx_allocation(block: nil, is_beyond_limit: 1)
        guard byteCount >= 0 else { return unsafe none }
        let limit = limit()
        // Before anything is taken; what a block really takes is known after.
        guard limit == 0 || byteCount <= limit - sum({ $0.byteCount }) else { return unsafe beyondLimit }
        guard byteCount < Self.largeByteCount || canHold(byteCount),
            let (block, start) = unsafe isPadded ? padded(byteCount) : aligned(byteCount)
        else { return unsafe none }
        let taken = unsafe source.size(block)
        guard take(taken, limit: limit) else {
            unsafe source.free(block)
            return unsafe beyondLimit
        }
        noteCall(growth: taken)
        return unsafe onnx_allocation(block: start, is_beyond_limit: 0)
    }

    /// Whether the machine could hold so much more.
    private func canHold(_ byteCount: Int) -> Bool {
        byteCount <= Self.machineByteCount - sum { $0.byteCount }
    }

    /// A block of the source and the aligned address in it.
    private typealias Block = (block: UnsafeMutableRawPointer, start: UnsafeMutableRawPointer)

    private func aligned(_ byteCount: Int) -> Block? {
        let mask = Self.alignment - 1
        guard let block = unsafe source.allocate((max(byteCount, 1) + mask) & ~mask) else { return nil }
        guard Self.isAligned(Int(bitPattern: block)) else {
            // Not seen; no memory is better than memory that ends the process.
            unsafe source.free(block)
            return nil
        }
        return unsafe (block, block)
    }

    private func padded(_ byteCount: Int) -> Block? {
        let room = Self.headerByteCount + Self.alignment
        let (total, overflow) = byteCount.addingReportingOverflow(room)
        guard !overflow, let block = unsafe source.allocate(total) else { return nil }
        // Safety: the block has room for the header and for moving up to the next aligned address.
        let start = unsafe (block + Self.headerByteCount).alignedUp(toMultipleOf: Self.alignment)
        unsafe (start - Self.headerByteCount).storeBytes(of: block, as: UnsafeMutableRawPointer.self)
        return unsafe (block, start)
    }

    /// Takes back what `allocate` returned.
    func free(_ start: UnsafeMutableRawPointer) {
        // Safety: a padded block has its header before its start.
        let block =
            unsafe isPadded
            ? (start - Self.headerByteCount).load(as: UnsafeMutableRawPointer.self) : start
        let byteCount = unsafe source.size(block)
        giveBack(byteCount)
        noteCall(growth: -byteCount)
        unsafe source.free(block)
    }

    /// Counts bytes that are not in use any more.
    func giveBack(_ byteCount: Int) { unsafe counter(isLimited: limit() > 0).pointee.add(-byteCount) }

    /// Counts bytes, unless they are beyond the limit.
    func reserve(_ byteCount: Int) -> Bool { byteCount == 0 || take(byteCount, limit: limit()) }

    /// Counts bytes, unless more than `limit` bytes would be in use with it.
    private func take(_ byteCount: Int, limit: Int) -> Bool {
        let counter = unsafe counter(isLimited: limit > 0)
        if limit > 0 {
            // What the other counters hold can only become less, but for calls that began without a limit.
            let others = sum(from: 1) { $0.byteCount }
            return unsafe counter.pointee.add(byteCount, upTo: limit - others)
        }
        unsafe counter.pointee.add(byteCount)
        return true
    }

    /// Where the calling thread counts: with a limit in one place with all others, so that one atomic step
    /// both looks and takes.
    private func counter(isLimited: Bool) -> UnsafeMutablePointer<ONNXRuntimeMemoryCounters> {
        guard !isLimited else { return unsafe counters }
        // The upper bits of a thread's address differ; the lower ones do not.
        let thread = Int(truncatingIfNeeded: pthread_self() >> 12)
        // Safety: within the block of counters.
        return unsafe counters + (thread & (Self.counterCount - 1))
    }

    /// Counts a call of the runtime, and what it means for the memory of a session that is being made.
    private func noteCall(growth byteCount: Int) {
        unsafe counter(isLimited: false).pointee.addCall()
        // Safety: a set key holds the address of a living counter.
        guard let growth = unsafe pthread_getspecific(growthKey) else { return }
        unsafe growth.assumingMemoryBound(to: Int.self).pointee += byteCount
    }
}
