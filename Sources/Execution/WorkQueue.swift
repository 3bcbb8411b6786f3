import Glibc
import Synchronization

/// Threads of our own that take elements first come, first served, and sleep when there are none.
///
/// Swift's own pool must not be blocked by runs of milliseconds, and names and priorities are ours.
@safe
public final class WorkQueue<Element: Sendable>: @unchecked Sendable {
    /// Shown by the system's tools; 15 characters count.
    public let name: String
    /// Elements that may wait; one more is refused.
    public let limit: Int

    private let perform: @Sendable (Element) -> Void
    private let niceness: Int32
    private var elements = FirstInFirstOut<Element>()
    private let waiting = Atomic<Int>(0)
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let isFilled: UnsafeMutablePointer<pthread_cond_t>
    private var threads: [pthread_t] = []

    /// Starts the threads, which live as long as the process.
    ///
    /// - Parameters:
    ///   - niceness: 0 for the server's own priority, up to 19 for the lowest.
    ///   - perform: called with each element, on one of the threads.
    /// - Returns: nil if not all threads could be started.
    public init?(
        name: String, threadCount: Int, limit: Int, niceness: Int32 = 0,
        perform: @escaping @Sendable (Element) -> Void
    ) {
        self.name = name
        self.limit = limit
        self.niceness = niceness
        self.perform = perform
        unsafe mutex = .allocate(capacity: 1)
        unsafe mutex.initialize(to: pthread_mutex_t())
        unsafe pthread_mutex_init(mutex, nil)
        unsafe isFilled = .allocate(capacity: 1)
        unsafe isFilled.initialize(to: pthread_cond_t())
        unsafe pthread_cond_init(isFilled, nil)
        for index in 0..<threadCount where !startThread(index) { return nil }
    }

    /// Adds an element at the end.
    /// - Returns: false if the queue is full; nothing is added then.
    public func enqueue(_ element: Element) -> Bool {
        // Safety: the mutex and condition live as long as the threads, which is for ever.
        unsafe pthread_mutex_lock(mutex)
        let hasRoom = elements.count < limit
        if hasRoom {
            elements.append(element)
            waiting.store(elements.count, ordering: .relaxed)
            unsafe pthread_cond_signal(isFilled)
        }
        unsafe pthread_mutex_unlock(mutex)
        return hasRoom
    }

    /// Elements that wait; a hint, since other threads go on meanwhile.
    public var waitingCount: Int { waiting.load(ordering: .relaxed) }

    /// Processor time of each thread so far, in microseconds; nil where the system does not tell.
    public var threadMicroseconds: [Int?] {
        threads.map { thread in
            var clock = clockid_t()
            var time = timespec()
            guard unsafe pthread_getcpuclockid(thread, &clock) == 0, unsafe clock_gettime(clock, &time) == 0
            else { return nil }
            return time.tv_sec * 1_000_000 + time.tv_nsec / 1000
        }
    }

    private func startThread(_ index: Int) -> Bool {
        var thread = pthread_t()
        let body = unsafe Unmanaged.passRetained(ThreadBody(name: "\(name)/\(index)") { self.work() })
        var all = sigset_t()
        var previous = sigset_t()
        // Safety: the thread takes over the retained body; signals stay with the server's own threads.
        unsafe sigfillset(&all)
        unsafe pthread_sigmask(SIG_SETMASK, &all, &previous)
        defer { unsafe pthread_sigmask(SIG_SETMASK, &previous, nil) }
        let status = unsafe pthread_create(
            &thread, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                unsafe Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, body.toOpaque())
        guard status == 0 else {
            unsafe body.release()
            return false
        }
        threads.append(thread)
        return true
    }

    private func work() {
        // The thread's own priority, not the process's: on Linux each thread has one.
        if niceness > 0 { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness) }
        while true { perform(next()) }
    }

    private func next() -> Element {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while true {
            if let element = elements.popFirst() {
                waiting.store(elements.count, ordering: .relaxed)
                return element
            }
            // A wake-up may be for nothing, or for what another thread took already.
            unsafe pthread_cond_wait(isFilled, mutex)
        }
    }
}

/// What a thread runs, handed over as one pointer.
private final class ThreadBody: Sendable {
    private let name: String
    private let work: @Sendable () -> Void

    init(name: String, work: @escaping @Sendable () -> Void) {
        self.name = name
        self.work = work
    }

    func run() {
        setName()
        work()
    }

    /// Names the calling thread; without a name it works as well.
    private func setName() {
        let file = unsafe open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        // The system keeps 15 characters.
        let text = Array(name.utf8.prefix(15))
        _ = unsafe write(file, text, text.count)
        close(file)
    }
}
