import CRedisModule
import Glibc
import Synchronization

/// A server's string that is kept without copying its bytes; may be let go of on any thread.
///
/// The server's counts are not atomic, so the hold itself ends on the main thread: at once there, from
/// elsewhere as soon as the server gets to it.
@safe
public final class RetainedString: @unchecked Sendable {
    private let string: OpaquePointer

    /// Takes a hold; main thread.
    public init(_ argument: Argument) {
        unsafe string = redis_HoldString(nil, argument.string)
    }

    deinit {
        if MainThread.isCurrent {
            unsafe redis_FreeString(nil, string)
        } else {
            unsafe ReleaseQueue.append(string)
        }
    }

    /// Bytes of memory that the string takes.
    public var allocatedByteCount: Int {
        redis_has_MallocSizeString() ? unsafe redis_MallocSizeString(string) : unsafe bytes.count
    }

    /// The bytes; their address does not change, and they are valid as long as this object.
    public var bytes: UnsafeRawBufferPointer {
        var length = 0
        let start = unsafe redis_StringPtrLen(string, &length)
        return unsafe UnsafeRawBufferPointer(start: start, count: length)
    }
}

/// The thread that runs commands.
public enum MainThread {
    // Safety: written once, in OnLoad.
    nonisolated(unsafe) private static var thread = pthread_t()

    /// Whether the calling thread is it.
    public static var isCurrent: Bool { unsafe pthread_equal(pthread_self(), thread) != 0 }

    static func install() { unsafe thread = pthread_self() }
}

/// Strings whose holds end on the server's thread, soon.
public enum ReleaseQueue {
    @safe
    private struct Entry: @unchecked Sendable {
        let string: OpaquePointer
    }

    /// How many entries there are, to be read without the lock.
    private static let count = Atomic<Int>(0)
    private static let entries = Mutex<[Entry]>([])

    /// In OnLoad only.
    ///
    /// Servers from 7.0 on are told when there is something; older ones look at each tick of their clock,
    /// which costs a little all the time.
    /// - Returns: false if the server refuses.
    public static func install(_ context: borrowing RedisContext) -> Bool {
        MainThread.install()
        guard !redis_has_EventLoopAddOneShot() else { return true }
        return ServerTick.install(context) { ReleaseQueue.drain() }
    }

    fileprivate static func append(_ string: OpaquePointer) {
        let isFirst = entries.withLock { entries in
            unsafe entries.append(Entry(string: string))
            count.store(entries.count, ordering: .relaxed)
            return entries.count == 1
        }
        // The others are emptied with it.
        guard isFirst, redis_has_EventLoopAddOneShot() else { return }
        unsafe redis_EventLoopAddOneShot({ _ in ReleaseQueue.drain() }, nil)
    }

    static func drain() {
        guard count.load(ordering: .relaxed) > 0 else { return }
        let all = entries.withLock { entries in
            defer { entries = [] }
            count.store(0, ordering: .relaxed)
            return entries
        }
        // Safety: each is a hold of ours, ended once, here on the main thread.
        for entry in all { unsafe redis_FreeString(nil, entry.string) }
    }
}
