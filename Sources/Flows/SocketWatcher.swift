import Execution
import Glibc
import Redis

/// A thread that waits for a socket, for servers whose event loop looks at nothing but clients.
final class SocketWatcher: @unchecked Sendable {
    private let socket: Int32
    /// Under the server's lock. Returns whether to go on.
    private let read: () -> Bool

    /// - Parameter socket: the caller's; a copy is waited on, so that the number may end at any time.
    init(_ socket: Int32, read: @escaping () -> Bool) {
        self.socket = dup(socket)
        self.read = read
    }

    deinit { close(socket) }

    /// - Returns: false if the system has no thread for it.
    func start() -> Bool {
        guard socket >= 0 else { return false }
        return WorkerThread(name: "ai:flows") { self.work() }.start()
    }

    private func work() {
        var goesOn = true
        while goesOn {
            var entry = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
            // Safety: one entry, which lives during the call.
            guard unsafe poll(&entry, 1, -1) > 0 else { continue }
            ServerLock.with {
                goesOn = read()
                // The server's own thread may be asleep for some time.
                ServerTurn.end()
            }
        }
    }
}
