import Glibc
import Host

/// A thread of our own: named for the system's tools, with a priority of its own, that takes no
/// signals sent to the process.
///
/// Swift's own threads must not be blocked by runs of milliseconds. Until its body allocates, the thread
/// does not either: the server's allocator keeps, and regularly walks, an arena for every thread that has.
@safe
public final class WorkerThread: Sendable {
    // The system keeps 15 characters.
    private static let nameLength = 15
    /// Bytes of a stack, which the system sets.
    private static let stack: Int = {
        var attributes = pthread_attr_t()
        guard unsafe pthread_attr_init(&attributes) == 0 else { return 0 }
        defer { unsafe pthread_attr_destroy(&attributes) }
        var size = 0
        return unsafe pthread_attr_getstacksize(&attributes, &size) == 0 ? size : 0
    }()

    private let name: [UInt8]
    private let niceness: Int32
    private let allocatesLater: Bool
    private let body: @Sendable () -> Void

    /// - Parameters:
    ///   - niceness: 0 for the server's own priority, up to 19 for the lowest.
    ///   - allocatesLater: the body asks `ThreadMemory` itself before it allocates.
    public init(
        name: String, niceness: Int32 = 0, allocatesLater: Bool = false, body: @escaping @Sendable () -> Void
    ) {
        self.name = Array(name.utf8.prefix(Self.nameLength))
        self.niceness = niceness
        self.allocatesLater = allocatesLater
        self.body = body
    }

    /// The calling thread's, which threads that it starts inherit.
    static var niceness: Int32 { getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0) }

    /// Starts the thread, which ends with its body.
    /// - Returns: false if the system refuses, or there is not enough memory for it to work.
    public func start() -> Bool {
        guard ThreadMemory.shared.reserve(beside: Self.stack) else { return false }
        let isStarted = ProcessorSignals.withOthersBlocked { startWithSignals() }
        if allocatesLater || !isStarted { ThreadMemory.shared.release() }
        return isStarted
    }

    private func startWithSignals() -> Bool {
        var thread = pthread_t()
        // Safety: the thread takes over the hold, and lets go at its end.
        let held = unsafe Unmanaged.passRetained(self)
        let status = unsafe pthread_create(
            &thread, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                let thread = unsafe Unmanaged<WorkerThread>.fromOpaque(argument).takeRetainedValue()
                if !thread.allocatesLater { ThreadMemory.shared.settle() }
                thread.takeOver()
                return nil
            }, held.toOpaque())
        guard status == 0 else {
            unsafe held.release()
            return false
        }
        pthread_detach(thread)
        return true
    }

    /// Makes the calling thread, which is one of ours and has nothing else to do, this one.
    func takeOver() {
        setName()
        // The thread's own priority, not the process's: on Linux each thread has one.
        if niceness > 0, Host.current.allowsPriorities {
            setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness)
        }
        body()
    }

    /// Names the calling thread; without a name it works as well.
    private func setName() {
        let file = unsafe open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        _ = unsafe write(file, name, name.count)
        close(file)
    }
}
