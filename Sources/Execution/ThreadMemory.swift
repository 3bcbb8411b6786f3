import Host
import Synchronization
import Tensors

/// The memory that threads take with their first allocation.
///
/// Allocators give each thread memory of its own, in blocks of megabytes, and jemalloc ends the process if
/// the system refuses them. So a thread begins only if there is room for it beside all that are about to.
final class ThreadMemory: Sendable {
    static let shared = ThreadMemory { TensorAllocator.hasRoom(for: $0) }

    /// Bytes that a thread takes at first, with what it then needs at once.
    private static let byteCount = 8 << 20

    private let hasRoom: @Sendable (Int) -> Bool
    /// Threads that may allocate for the first time at any moment.
    private let beginners = Atomic<Int>(0)

    /// - Parameter hasRoom: whether there is memory for so many bytes now; on any thread.
    init(hasRoom: @escaping @Sendable (Int) -> Bool) { self.hasRoom = hasRoom }

    /// Lets threads begin, if there is room for them; for each, `settle` or `release` is called then.
    ///
    /// - Parameter stack: bytes that are needed beside.
    func reserve(_ count: Int = 1, beside stack: Int = 0) -> Bool {
        let all = beginners.wrappingAdd(count, ordering: .relaxed).newValue
        if hasRoom(all * Self.byteCount + stack) { return true }
        release(count)
        return false
    }

    /// The threads do not begin.
    func release(_ count: Int = 1) { beginners.wrappingSubtract(count, ordering: .relaxed) }

    /// The calling thread makes its first allocation.
    func settle() {
        TensorAllocator.touch()
        Host.touchAllocator()
        release()
    }
}
