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
    private let condition: UnsafeMutablePointer<pthread_cond_t>

    init(_ value: Value) {
        self.value = value
        unsafe mutex = .allocate(capacity: 1)
        unsafe mutex.initialize(to: pthread_mutex_t())
        unsafe pthread_mutex_init(mutex, nil)
        unsafe condition = .allocate(capacity: 1)
        unsafe condition.initialize(to: pthread_cond_t())
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_cond_init(condition, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
    }

    deinit {
        unsafe pthread_cond_destroy(condition)
        unsafe condition.deallocate()
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
    func wait<Result>(_ body: (inout Value) -> Waiting<Result>) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while true {
            switch body(&value) {
            case .done(let result): return result
            case .until(nil): unsafe pthread_cond_wait(condition, mutex)
            case .until(.some(let nanoseconds)):
                var time = timespec(
                    tv_sec: nanoseconds / 1_000_000_000, tv_nsec: nanoseconds % 1_000_000_000)
                unsafe pthread_cond_timedwait(condition, mutex, &time)
            }
        }
    }

    /// Wakes one waiting thread.
    func signal() { unsafe pthread_cond_signal(condition) }

    /// Wakes all of them.
    func broadcast() { unsafe pthread_cond_broadcast(condition) }
}
