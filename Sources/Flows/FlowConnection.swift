import Execution
import Glibc
import Guests
import Messages
import Redis

/// The server's end of the sockets to a Python process.
///
/// Any thread may write messages, which go when somebody flushes. All else is the main thread's.
final class FlowConnection: @unchecked Sendable {
    /// What came of an attempt to read.
    enum Received {
        case message(MessageValue)
        case nothing
        case hasEnded
        case isBroken(MessageError)
    }

    /// Which start of the guest it is.
    let start: Int
    /// The number of the process among the system's.
    let pid: Int
    private let messages: Int32
    private let side: Int32
    private let outbox = Locked(Outbox())
    private var inbox = Inbox()
    /// Whether `next` asks the socket: not at once after it has given all that it had.
    private var asksSocket = true
    private var watch: EventLoopWatch?
    private var isClosed = false
    /// What the process holds of the server's.
    var held = HeldObjects()
    /// What it knows of keys.
    var tracked = TrackedValues()
    var elements: SharedElements
    /// What runs for it and has not been answered.
    var runs: [ObjectIdentifier: FlowRun] = [:]

    /// Takes over the sockets of a connection.
    init(_ connection: GuestConnection) {
        start = connection.start
        pid = connection.pid
        messages = connection.messages
        side = connection.side
        elements = SharedElements(side: connection.side)
    }

    deinit {
        if isClosed { return }
        Glibc.close(messages)
        Glibc.close(side)
    }

    /// Has `read` called on the main thread whenever something has come.
    /// - Returns: false if that cannot be had.
    func begin(_ read: @escaping () -> Void) -> Bool {
        guard EventLoopWatch.isAvailable else { return beginOnThread(read) }
        watch = EventLoopWatch(messages, onReadable: read) { [unowned self] in flush() }
        return watch != nil
    }

    /// On servers that look at nothing but clients: a thread waits, and takes the server's lock.
    private func beginOnThread(_ read: @escaping () -> Void) -> Bool {
        let watcher = SocketWatcher(messages) { [weak self] in
            // Under the lock, so nobody closes meanwhile.
            guard let self, !self.isClosed else { return false }
            read()
            return true
        }
        return watcher.start()
    }

    /// Closes both sockets; the process sees that, and nothing is read or sent any more.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        for run in runs.values { run.cancel() }
        runs = [:]
        held.releaseAll()
        watch?.end()
        watch = nil
        // A thread that waits on it sees the end before the number means something else.
        shutdown(messages, Int32(SHUT_RDWR))
        Glibc.close(side)
        outbox.withLock { _ in Glibc.close(messages) }
    }

    // MARK: Writing

    /// Whether so much waits to be sent that no new work should be.
    var isFull: Bool { outbox.withLock { $0.isFull } }

    /// Bytes that wait to be sent.
    var unsentByteCount: Int { outbox.withLock { $0.byteCount } }

    /// Writes a message, which goes with the next flush; any thread.
    /// - Parameter fill: writes the values of the tuple that a message is, after kind and number.
    func write(
        _ kind: MessageToPython, _ number: Int, valueCount: Int,
        _ fill: (inout MessageWriter) -> Void = { _ in }
    ) throws(MessageError) {
        try outbox.withLock { outbox throws(MessageError) in
            try outbox.write { writer in
                writer.tuple(2 + valueCount)
                writer.integer(kind.rawValue)
                writer.integer(number)
                fill(&writer)
            }
        }
    }

    /// Sends what waits, as far as the socket takes it; the rest goes when it takes more.
    func flush() {
        guard !isClosed else { return }
        switch outbox.withLock({ $0.flush(to: messages) }) {
        // The end is seen by who reads.
        case .sentAll, .hasEnded: watch?.waitsForRoom = false
        case .waits:
            if let watch {
                watch.waitsForRoom = true
            } else {
                ServerTimer.after(milliseconds: 1) { [weak self] in self?.flush() }
            }
        }
    }

    // MARK: Reading

    /// Sleeps until something has come, or for so long; what waits to be sent goes meanwhile.
    func wait(milliseconds: Int) {
        let hasMore = outbox.withLock { $0.byteCount > 0 }
        var entry = pollfd(fd: messages, events: Int16(hasMore ? POLLIN | POLLOUT : POLLIN), revents: 0)
        // Safety: one entry, which lives during the call.
        _ = unsafe poll(&entry, 1, Int32(clamping: milliseconds))
        if entry.revents & Int16(POLLOUT) != 0 { flush() }
    }

    /// Whether a message waits that was taken from the socket already: nobody is told of that one.
    var hasMessage: Bool { inbox.hasMessage }

    /// Says whether the next `next` may ask the socket at once, or somebody shall wait first.
    func expectMessages(_ areExpected: Bool) { asksSocket = areExpected }

    /// The next message of those that have come.
    ///
    /// Once a read has brought all that there was, this says `.nothing` without asking again; what comes
    /// afterwards has the socket readable, of which the event loop and `wait` tell.
    func next() -> Received {
        guard !isClosed else { return .hasEnded }
        do throws(MessageError) {
            if let message = try inbox.next() { return .message(message) }
            guard asksSocket else {
                asksSocket = true
                return .nothing
            }
            let received = inbox.receive(from: messages)
            asksSocket = received != .messages || inbox.mayHaveMore
            switch received {
            case .messages: return try inbox.next().map { .message($0) } ?? .nothing
            case .nothing: return .nothing
            case .hasEnded: return .hasEnded
            }
        } catch {
            return .isBroken(error)
        }
    }
}
