import Glibc

/// What threads that wait on a `Monitor` are woken by, on the clock of `Monotonic`.
@safe
final class Condition: @unchecked Sendable {
    private let condition: UnsafeMutablePointer<pthread_cond_t>

    init() {
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
    }

    /// Wakes one waiting thread.
    func signal() { unsafe pthread_cond_signal(condition) }

    /// Wakes all of them.
    func broadcast() { unsafe pthread_cond_broadcast(condition) }

    /// Gives the mutex back, sleeps, and takes it again: after a signal, at the time, or for no reason.
    /// - Precondition: the calling thread holds the mutex, and so does whoever else waits here meanwhile.
    func wait(_ mutex: UnsafeMutablePointer<pthread_mutex_t>, until nanoseconds: Int?) {
        // Safety: the condition lives as long as this object, the mutex as long as the caller holds it.
        guard let nanoseconds else {
            unsafe pthread_cond_wait(condition, mutex)
            return
        }
        var time = timespec(tv_sec: nanoseconds / 1_000_000_000, tv_nsec: nanoseconds % 1_000_000_000)
        unsafe pthread_cond_timedwait(condition, mutex, &time)
    }
}
