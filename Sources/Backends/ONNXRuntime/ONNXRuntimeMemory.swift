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

/// The memory that ONNX Runtime takes through us: aligned, counted, and limited.
///
/// Never freed: the runtime may call it as long as the process lives.
@safe
final class ONNXRuntimeMemory: @unchecked Sendable {
    private let state: UnsafeMutablePointer<ONNXRuntimeMemoryState>

    /// - Parameters:
    ///   - isPadded: whether blocks need a header to be aligned; nil to find it out.
    ///   - limit: bytes that may be in use at once, rounding included; 0 = no limit. Asked at each
    ///     allocation, on its thread.
    init(
        _ source: BackendAllocator, isPadded: Bool? = nil, limit: @escaping @Sendable () -> Int = { 0 }
    ) {
        let isPadded = isPadded ?? !ONNXRuntimeMemoryState.alignsMultiples(source)
        // Safety: one block, initialised before anybody sees it.
        unsafe state = .allocate(capacity: 1)
        unsafe state.initialize(to: ONNXRuntimeMemoryState(source, isPadded: isPadded, limit: limit))
    }

    /// What is reserved and was not taken from the source.
    private let reserved = Atomic<Int>(0)

    /// Bytes in use, rounding included, without those that are reserved.
    var byteCount: Int { unsafe state.pointee.sum { $0.byteCount } - reserved.load(ordering: .relaxed) }

    /// Blocks taken and given back so far.
    var callCount: Int { unsafe state.pointee.sum { $0.callCount } }

    /// Has bytes count for the limit that the runtime has taken elsewhere.
    /// - Returns: false if they are beyond the limit; nothing is reserved then.
    func reserve(_ byteCount: Int) -> Bool {
        guard unsafe state.pointee.reserve(byteCount) else { return false }
        reserved.wrappingAdd(byteCount, ordering: .relaxed)
        return true
    }

    /// Ends a reservation.
    func giveBack(_ byteCount: Int) {
        reserved.wrappingSubtract(byteCount, ordering: .relaxed)
        unsafe state.pointee.giveBack(byteCount)
    }

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
    ///   - limitFailure: the one that throws a text, for when the limit is reached.
    func makeAllocator(
        memoryInfo: OpaquePointer, failure: UnsafeMutableRawPointer, limitFailure: UnsafeMutableRawPointer
    ) -> UnsafeMutablePointer<onnx_allocator> {
        let allocator = UnsafeMutablePointer<onnx_allocator>.allocate(capacity: 1)
        // Safety: the state lives as long as the process; the functions take it back as what it is.
        unsafe onnx_allocator_prepare(
            allocator, memoryInfo, state,
            { unsafe $0.assumingMemoryBound(to: ONNXRuntimeMemoryState.self).pointee.allocate($1) },
            { unsafe $0.assumingMemoryBound(to: ONNXRuntimeMemoryState.self).pointee.free($1) }, failure,
            limitFailure)
        return unsafe allocator
    }

    /// For tests: a block as the runtime would get it.
    func allocate(_ byteCount: Int) -> onnx_allocation { unsafe state.pointee.allocate(byteCount) }

    /// For tests: gives back what `allocate` returned.
    func free(_ block: UnsafeMutableRawPointer) { unsafe state.pointee.free(block) }
}
