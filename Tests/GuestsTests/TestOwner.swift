import Glibc
import Testing

@testable import Execution
@testable import Guests

/// Remembers what it was told of a guest.
final class TestOwner: GuestOwner {
    struct Heard: Sendable {
        var connections: [GuestConnection] = []
        var ends: [GuestEnd] = []
        var refusals: [String] = []
        var delays: [String] = []
        var notices: [String] = []
        var warnings: [String] = []
    }

    private static let limit = 600_000_000_000

    private let heard = Monitor(Heard())

    deinit { for connection in now.connections { TestConnection(connection).close() } }

    func guestStarted(_ connection: GuestConnection) { note { $0.connections.append(connection) } }

    func guestEnded(_ end: GuestEnd) { note { $0.ends.append(end) } }

    func guestRefused(_ why: String) { note { $0.refusals.append(why) } }

    func guestDelayed(_ why: String) { note { $0.delays.append(why) } }

    func log(_ level: GuestLogLevel, _ line: String) {
        note { heard in
            switch level {
            case .notice: heard.notices.append(line)
            case .warning: heard.warnings.append(line)
            }
        }
    }

    private func note(_ change: (inout Heard) -> Void) {
        heard.withLock { change(&$0) }
        heard.broadcast()
    }

    var now: Heard { heard.withLock { $0 } }

    /// Waits until it has heard what is wanted; what never comes is a failure, not a test that never ends.
    @discardableResult
    func wait<Result>(_ wanted: (Heard) -> Result?) throws -> Result {
        let end = Monotonic.nanoseconds + Self.limit
        let result = heard.wait { heard -> Monitor<Heard>.Waiting<Result?> in
            if let result = wanted(heard) { return .done(result) }
            return Monotonic.nanoseconds < end ? .until(nanoseconds: end) : .done(nil)
        }
        return try #require(result, "what was waited for has not come")
    }

    /// The connection of a start, from 1; to be asked for once, and open as long as the owner is there.
    func connection(_ start: Int = 1) throws -> TestConnection {
        TestConnection(try wait { $0.connections.count >= start ? $0.connections[start - 1] : nil })
    }

    func end(_ number: Int = 1) throws -> GuestEnd {
        try wait { $0.ends.count >= number ? $0.ends[number - 1] : nil }
    }
}

/// The server's end of a connection, as a test uses it.
final class TestConnection {
    let start: Int
    let pid: Int
    private let messages: Int32
    private let side: Int32
    private var received: [UInt8] = []

    init(_ connection: GuestConnection) {
        start = connection.start
        pid = connection.pid
        messages = connection.messages
        side = connection.side
    }

    func close() {
        Glibc.close(messages)
        Glibc.close(side)
    }

    /// Whether both sockets return rather than wait.
    var isWithoutBlocking: Bool {
        [messages, side].allSatisfy { fcntl($0, F_GETFL) & O_NONBLOCK != 0 }
    }

    func send(_ text: String) { _ = Glibc.send(messages, text, text.utf8.count, Int32(MSG_NOSIGNAL)) }

    func sendBeside(_ text: String) { _ = Glibc.send(side, text, text.utf8.count, Int32(MSG_NOSIGNAL)) }

    /// What comes beside the messages, in one piece.
    func receiveBeside() -> String {
        waitFor(side)
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = recv(side, &bytes, bytes.count, 0)
        return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
    }

    /// The next line; nil at the end.
    func line() -> String? {
        while true {
            if let end = received.firstIndex(of: UInt8(ascii: "\n")) {
                defer { received.removeFirst(end + 1) }
                return String(decoding: received[..<end], as: UTF8.self)
            }
            waitFor(messages)
            var bytes = [UInt8](repeating: 0, count: 4096)
            let count = recv(messages, &bytes, bytes.count, 0)
            guard count > 0 else { return nil }
            received += bytes.prefix(count)
        }
    }

    /// All lines until the guest ends.
    func lines() -> [String] {
        var lines: [String] = []
        while let line = line() { lines.append(line) }
        return lines
    }

    private func waitFor(_ descriptor: Int32) {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        poll(&entry, 1, 600_000)
    }
}
