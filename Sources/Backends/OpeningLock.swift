import Glibc

/// Held by the one thread that opens a library, and by the server's thread while the server ends.
///
/// `exit` calls the destructors of all libraries, and of a library that is just being opened those that there
/// are so far: they would take down what the opening thread is building.
@safe
final class OpeningLock: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>

    init() {
        unsafe mutex = .allocate(capacity: 1)
        unsafe mutex.initialize(to: pthread_mutex_t())
        var attributes = pthread_mutexattr_t()
        unsafe pthread_mutexattr_init(&attributes)
        // A thread that holds it may take it again: the server's if it goes on, and opens a library.
        unsafe pthread_mutexattr_settype(&attributes, Int32(PTHREAD_MUTEX_RECURSIVE))
        unsafe pthread_mutex_init(mutex, &attributes)
        unsafe pthread_mutexattr_destroy(&attributes)
    }

    deinit {
        unsafe pthread_mutex_destroy(mutex)
        unsafe mutex.deallocate()
    }

    /// Runs `body` while no other thread can.
    @discardableResult
    func withLock<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        // Safety: the mutex lives as long as this object, and every lock has its unlock.
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return try body()
    }

    /// Takes the lock, until `giveBack` on this thread.
    /// - Returns: false if another thread still has it after so many seconds.
    func take(within seconds: Int) -> Bool {
        var deadline = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &deadline)
        deadline.tv_sec += seconds
        return unsafe pthread_mutex_timedlock(mutex, &deadline) == 0
    }

    /// - Precondition: this thread has taken it.
    func giveBack() { unsafe pthread_mutex_unlock(mutex) }
}
