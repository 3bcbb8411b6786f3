import Dispatch
import Testing

/// Closed until it is opened, then open for ever: how a test knows and decides where threads are.
final class Gate: Sendable {
    private static let limit = DispatchTimeInterval.seconds(600)
    private let semaphore = DispatchSemaphore(value: 0)

    func open() { semaphore.signal() }

    /// Waits until it is open; what never opens is a failure, not a test that never ends.
    func wait() {
        guard semaphore.wait(timeout: .now() + Self.limit) == .success else {
            Issue.record("nobody opened the gate")
            return
        }
        semaphore.signal()
    }
}

/// A place where a thread stops: the test waits until it is there, and lets it go on.
struct Halt: Sendable {
    private let entered = Gate()
    private let left = Gate()

    /// Called by the thread.
    func stop() {
        entered.open()
        left.wait()
    }

    /// Waits until a thread is there.
    func waitUntilReached() { entered.wait() }

    /// Lets the thread go on.
    func release() { left.open() }
}
