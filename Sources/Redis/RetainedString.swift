import CRedisModule
import Glibc
import Synchronization

/// A server's string that is kept without copying its bytes; may be let go of on any thread.
///
/// The server's counts are not atomic, so the hold itself ends on the main thread: at once there, from
/// elsewhere within a tick of the server's clock.
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
private enum MainThread {
    // Safety: written once, in OnLoad.
    nonisolated(unsafe) private static var thread = pthread_t()

    static var isCurrent: Bool { unsafe pthread_equal(pthread_self(), thread) != 0 }

    static func install() { unsafe thread = pthread_self() }
}

/// Strings whose holds end at the next tick of the server's clock.
public enum ReleaseQueue {
    @safe
    private struct Entry: @unchecked Sendable {
        let string: OpaquePointer
    }

    private static let count = Atomic<Int>(0)
    private static let entries = Mutex<[Entry]>([])

    /// Has the queue emptied at each tick; in OnLoad only.
    public static func install(_ context: borrowing RedisContext) -> Bool {
        MainThread.install()
        let event = redis_event(id: UInt64(REDIS_EVENT_CRON_LOOP), data_version: 1)
        return unsafe redis_SubscribeToServerEvent(context.pointer, event) { _, _, _, _ in
            ReleaseQueue.drain()
        } == REDIS_OK
    }

    fileprivate static func append(_ string: OpaquePointer) {
        entries.withLock { unsafe $0.append(Entry(string: string)) }
        count.wrappingAdd(1, ordering: .releasing)
    }

    static func drain() {
        guard count.load(ordering: .acquiring) > 0 else { return }
        let all = entries.withLock { entries in
            defer { entries = [] }
            return entries
        }
        count.wrappingSubtract(all.count, ordering: .relaxed)
        // Safety: each is a hold of ours, ended once, here on the main thread.
        for entry in all { unsafe redis_FreeString(nil, entry.string) }
    }
}
