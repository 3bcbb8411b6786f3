import Glibc

/// A value that only one thread at a time can reach, and that threads can wait on, asleep.
///
/// Made of a pthread mutex and condition. What is said of `Locked` holds here too: fields only.
@safe
final class Monitor<Value>: @unchecked Sendable {
    /// What a waiting thread makes of the value.
    enum Waiting<Result> {
        case done(Result)
        /// To be asked again after a signal or at this time of `Monotonic`; nil = after a signal only.
        case until(nanoseconds: Int?)
    }

    private var value: Value
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    /// Of those who wait for nothing of their own.
    private let condition = Condition()

    init(_ value: Value) {
        self.value = value
        unsafe mutex = .allocate(capacity: 1)
        unsafe mutex.initialize(to: pthread_mutex_t())
        unsafe pthread_mutex_init(mutex, nil)
    }

    deinit {
        unsafe pthread_mutex_destroy(mutex)
        unsafe mutex.deallocate()
    }

    /// Runs `body` while no other thread can.
    @discardableResult
    func withLock<Result, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // Safety: mutex and condition live as long as this object, and every lock has its unlock.
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return try body(&value)
    }

    /// Asks `body` at once, and again whenever it may have changed its mind, until it is done.
    ///
    /// - Parameter condition: what wakes this thread; nil = what `signal` and `broadcast` wake.
    func wait<Result>(on condition: Condition? = nil, _ body: (inout Value) -> Waiting<Result>) -> Result {
        let condition = condition ?? self.condition
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while true {
            switch body(&value) {
            case .done(let result): return result
            case .until(let nanoseconds): unsafe condition.wait(mutex, until: nanoseconds)
            }
        }
    }

    /// Wakes one waiting thread.
    func signal() { condition.signal() }

    /// Wakes all of them.
    func broadcast() { condition.broadcast() }
}
