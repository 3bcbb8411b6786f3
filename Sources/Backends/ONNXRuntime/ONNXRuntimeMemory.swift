import CONNXRuntime
import Glibc
import Synchronization

/// Where runtimes take their memory: the server's allocator, so that models count in its memory.
@safe
public struct BackendAllocator: Sendable {
    let allocate: @convention(c) (Int) -> UnsafeMutableRawPointer?
    let free: @convention(c) (UnsafeMutableRawPointer?) -> Void
    let size: @convention(c) (UnsafeMutableRawPointer?) -> Int

    /// - Parameters:
    ///   - allocate: returns at least 8-byte aligned memory, or nil if there is not enough; any thread.
    ///   - free: releases it; any thread.
    ///   - size: tells what a block takes, rounding included; any thread.
    public init(
        allocate: @escaping @convention(c) (Int) -> UnsafeMutableRawPointer?,
        free: @escaping @convention(c) (UnsafeMutableRawPointer?) -> Void,
        size: @escaping @convention(c) (UnsafeMutableRawPointer?) -> Int
    ) {
        unsafe self.allocate = allocate
        unsafe self.free = free
        unsafe self.size = size
    }

    /// The C library's.
    public static let system = unsafe BackendAllocator(
        allocate: { unsafe malloc($0) }, free: { unsafe Glibc.free($0) },
        size: { unsafe onnx_system_block_size($0) })
}

/// The memory that ONNX Runtime takes through us: aligned, and counted.
///
/// Never freed: the runtime may call it as long as the process lives.
@safe
final class ONNXRuntimeMemory: @unchecked Sendable {
    private let state: UnsafeMutablePointer<ONNXRuntimeMemoryState>

    /// - Parameter isPadded: whether blocks need a header to be aligned; nil to find it out.
    init(_ source: BackendAllocator, isPadded: Bool? = nil) {
        let isPadded = isPadded ?? !ONNXRuntimeMemoryState.alignsMultiples(source)
        // Safety: one block, initialised before anybody sees it.
        unsafe state = .allocate(capacity: 1)
        unsafe state.initialize(to: ONNXRuntimeMemoryState(source, isPadded: isPadded))
    }

    /// Bytes in use, rounding included.
    var byteCount: Int { unsafe state.pointee.sum { $0.byteCount } }

    /// Blocks taken and given back so far.
    var callCount: Int { unsafe state.pointee.sum { $0.callCount } }

    /// Runs `body`; tells by how many bytes the memory has grown on this thread meanwhile.
    func growth<Result, Failure: Error>(
        of body: () throws(Failure) -> Result
    ) throws(Failure) -> (result: Result, byteCount: Int) {
        var growth = 0
        let result = try unsafe withUnsafeMutablePointer(to: &growth) { growth throws(Failure) in
            // Safety: the pointer is taken back before it becomes invalid.
            unsafe pthread_setspecific(state.pointee.growthKey, growth)
            defer { unsafe pthread_setspecific(state.pointee.growthKey, nil) }
            return try body()
        }
        return (result, growth)
    }

    /// The allocator that the runtime sees; never freed.
    ///
    /// - Parameters:
    ///   - memoryInfo: the kind of memory, as the runtime calls it; lives as long as the allocator.
    ///   - failure: the function that throws when there is no memory.
    func makeAllocator(
        memoryInfo: OpaquePointer, failure: UnsafeMutableRawPointer
    ) -> UnsafeMutablePointer<onnx_allocator> {
        let allocator = UnsafeMutablePointer<onnx_allocator>.allocate(capacity: 1)
        // Safety: the state lives as long as the process; the functions take it back as what it is.
        unsafe onnx_allocator_prepare(
            allocator, memoryInfo, state,
            { unsafe $0.assumingMemoryBound(to: ONNXRuntimeMemoryState.self).pointee.allocate($1) },
            { unsafe $0.assumingMemoryBound(to: ONNXRuntimeMemoryState.self).pointee.free($1) }, failure)
        return unsafe allocator
    }

    /// For tests: a block as the runtime would get it.
    func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer? { unsafe state.pointee.allocate(byteCount) }

    /// For tests: gives back what `allocate` returned.
    func free(_ block: UnsafeMutableRawPointer) { unsafe state.pointee.free(block) }
}

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
    /// Where a thread keeps the counter of `growth`.
    let growthKey: pthread_key_t

    init(_ source: BackendAllocator, isPadded: Bool) {
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

    /// The sum of a counter over all threads.
    func sum(_ counter: (borrowing ONNXRuntimeMemoryCounters) -> Int) -> Int {
        // Safety: within the block.
        (0..<Self.counterCount).reduce(0) { sum, index in unsafe sum + counter(counters[index]) }
    }

    /// An aligned block, or nil.
    func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer? {
        guard byteCount >= 0, byteCount < Self.largeByteCount || canHold(byteCount) else { return nil }
        guard !isPadded else { return unsafe allocatePadded(byteCount) }
        let mask = Self.alignment - 1
        guard let block = unsafe source.allocate((max(byteCount, 1) + mask) & ~mask) else { return nil }
        guard Self.isAligned(Int(bitPattern: block)) else {
            // Not seen; no memory is better than memory that ends the process.
            unsafe source.free(block)
            return nil
        }
        unsafe count(source.size(block))
        return unsafe block
    }

    /// Whether the machine could hold so much more.
    private func canHold(_ byteCount: Int) -> Bool {
        byteCount <= Self.machineByteCount - sum { $0.byteCount }
    }

    private func allocatePadded(_ byteCount: Int) -> UnsafeMutableRawPointer? {
        let room = Self.headerByteCount + Self.alignment
        guard let block = unsafe source.allocate(byteCount + room) else { return nil }
        // Safety: the block has room for the header and for moving up to the next aligned address.
        let start = unsafe (block + Self.headerByteCount).alignedUp(toMultipleOf: Self.alignment)
        unsafe (start - Self.headerByteCount).storeBytes(of: block, as: UnsafeMutableRawPointer.self)
        unsafe count(source.size(block))
        return unsafe start
    }

    /// Takes back what `allocate` returned.
    func free(_ start: UnsafeMutableRawPointer) {
        // Safety: a padded block has its header before its start.
        let block =
            unsafe isPadded
            ? (start - Self.headerByteCount).load(as: UnsafeMutableRawPointer.self) : start
        unsafe count(-source.size(block))
        unsafe source.free(block)
    }

    private func count(_ byteCount: Int) {
        // The upper bits of a thread's address differ; the lower ones do not.
        let thread = Int(truncatingIfNeeded: pthread_self() >> 12)
        // Safety: within the block of counters; a set key holds the address of a living counter.
        unsafe counters[thread & (Self.counterCount - 1)].add(byteCount)
        guard let growth = unsafe pthread_getspecific(growthKey) else { return }
        unsafe growth.assumingMemoryBound(to: Int.self).pointee += byteCount
    }
}

/// Some threads' share of the counters, on a cache line of its own.
struct ONNXRuntimeMemoryCounters: ~Copyable {
    private let bytes = Atomic<Int>(0)
    private let calls = Atomic<Int>(0)
    private let padding: (Int, Int, Int, Int, Int, Int) = (0, 0, 0, 0, 0, 0)

    var byteCount: Int { bytes.load(ordering: .relaxed) }
    var callCount: Int { calls.load(ordering: .relaxed) }

    func add(_ byteCount: Int) {
        bytes.wrappingAdd(byteCount, ordering: .relaxed)
        calls.wrappingAdd(1, ordering: .relaxed)
    }
}
