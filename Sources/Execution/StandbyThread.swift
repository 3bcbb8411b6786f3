/// A thread that is there, with a name and a priority, but waits to be called before it does anything.
///
/// It allocates nothing until then.
public final class StandbyThread: Sendable {
    private enum Stage {
        case waits
        case called
        case dismissed
        case ended
    }

    private let stage = Monitor(Stage.waits)

    /// Starts the thread, which ends with its body, with the priority of the calling thread.
    ///
    /// - Returns: nil if the system refuses, or there is not enough memory.
    public init?(name: String, body: @escaping @Sendable () -> Void) {
        let thread = WorkerThread(name: name, allocatesLater: true) { [stage] in
            let isCalled = stage.wait { stage in
                switch stage {
                case .called: .done(true)
                case .dismissed: .done(false)
                case .waits, .ended: .until(nanoseconds: nil)
                }
            }
            if isCalled {
                ThreadMemory.shared.settle()
                body()
            }
            stage.withLock { $0 = .ended }
            stage.broadcast()
        }
        guard thread.start() else { return nil }
    }

    /// Has all of them begin that have not.
    /// - Returns: false if there is not enough memory for that; none begins then.
    public static func call(_ threads: [StandbyThread]) -> Bool {
        guard ThreadMemory.shared.reserve(threads.count) else { return false }
        for thread in threads { thread.call() }
        return true
    }

    /// With the memory for its first allocation.
    private func call() {
        let isCalled = stage.withLock { stage in
            guard case .waits = stage else { return false }
            stage = .called
            return true
        }
        guard isCalled else { return ThreadMemory.shared.release() }
        stage.broadcast()
    }

    /// Has it end without having begun, unless it was called.
    public func dismiss() {
        stage.withLock { stage in
            if case .waits = stage { stage = .dismissed }
        }
        stage.broadcast()
    }

    /// Returns when its body has, or when it has been dismissed.
    public func waitUntilEnded() {
        stage.wait { stage in
            if case .ended = stage { .done(()) } else { .until(nanoseconds: nil) }
        }
    }
}
