import CRedisModule

/// A descriptor beside those of clients that the server's event loop looks at, from 7.0 on. Main thread only.
///
/// As long as it is not ended, it is called at the end of each turn in which there is something to read:
/// there the server sends on what is written, see `ServerThread`.
@safe
public final class EventLoopWatch {
    /// Whether the server can look at descriptors of modules.
    public static var isAvailable: Bool { redis_has_EventLoopAdd() && redis_has_EventLoopDel() }

    private let descriptor: Int32
    private let onReadable: () -> Void
    private let onWritable: () -> Void
    private var isOver = false
    private var isDue = false

    /// Whether `onWritable` is called, too, as soon as the descriptor takes bytes.
    public var waitsForRoom = false {
        didSet {
            guard waitsForRoom != oldValue, !isOver else { return }
            if waitsForRoom {
                waitsForRoom = unsafe add(REDIS_LOOP_WRITABLE) { _, data, _ in
                    unsafe EventLoopWatch.watch(data).onWritable()
                }
            } else {
                _ = redis_EventLoopDel(descriptor, Int32(REDIS_LOOP_WRITABLE))
            }
        }
    }

    /// - Parameter descriptor: the caller's, which stays open until `end()`.
    /// - Returns: nil if the server refuses.
    public init?(
        _ descriptor: Int32, onReadable: @escaping () -> Void, onWritable: @escaping () -> Void
    ) {
        self.descriptor = descriptor
        self.onReadable = onReadable
        self.onWritable = onWritable
        let isAdded = unsafe add(REDIS_LOOP_READABLE) { _, data, _ in
            unsafe EventLoopWatch.watch(data).readAtEnd()
        }
        guard isAdded else { return nil }
    }

    deinit { end() }

    /// The loop looks at it no more; within its own call, too.
    public func end() {
        guard !isOver else { return }
        isOver = true
        _ = redis_EventLoopDel(descriptor, Int32(REDIS_LOOP_READABLE | REDIS_LOOP_WRITABLE))
    }

    private func readAtEnd() {
        guard !isDue else { return }
        isDue = true
        ServerTurn.atEnd { [weak self] in
            guard let self else { return }
            isDue = false
            if !isOver { onReadable() }
        }
    }

    private func add(_ mask: Int, _ function: redis_event_loop_function) -> Bool {
        // Safety: the loop's hold is none; it forgets the pointer in `end()`, at the latest in `deinit`.
        unsafe redis_EventLoopAdd(
            descriptor, Int32(mask), function, Unmanaged.passUnretained(self).toOpaque()) == REDIS_OK
    }

    private static func watch(_ data: UnsafeMutableRawPointer?) -> EventLoopWatch {
        guard let data = unsafe data else { preconditionFailure("the event loop has lost its watch") }
        // Safety: the pointer of `add`, called while the watch is not over.
        return unsafe Unmanaged<EventLoopWatch>.fromOpaque(data).takeUnretainedValue()
    }
}
