import Synchronization
import Tensors

/// The way of a model's or a script's bytes to something that runs: loading, ready, or failed.
///
/// Shared by all copies of a model or script. Any thread.
public final class Build<Loaded: Sendable>: Sendable {
    private enum State: Sendable {
        case loading(waiters: [@Sendable () -> Void])
        case ready
        /// Not to be tried again before that time of `Monotonic`.
        case failed(ExecutionError, until: Int)
    }

    /// For want of memory a build is tried again at most so often.
    private static var leastPause: Int { 1_000_000_000 }
    /// Nor for more than one part in so many of the time.
    private static var pauseFactor: Int { 10 }

    /// What runs, in a box that can be published.
    private final class Ready: Sendable {
        let loaded: Loaded
        init(_ loaded: Loaded) { self.loaded = loaded }
    }

    private let state: Locked<State>
    /// When loading began, on the clock `Monotonic`.
    private let began = Atomic<Int>(Monotonic.nanoseconds)
    /// Set before the state becomes ready; read without a lock on every run, and in forked children.
    private let ready = PublishedOnce<Ready>()
    /// Held during a run where the backend does not allow two at once.
    fileprivate let exclusiveRun = ExclusiveRun()
    private let dispose: @Sendable (Loaded) -> Void
    fileprivate let hasRefusedBatch = Atomic<Bool>(false)

    /// - Parameter dispose: is given what runs when nobody needs it any more; any thread.
    init(dispose: @escaping @Sendable (Loaded) -> Void) {
        state = Locked(.loading(waiters: []))
        self.dispose = dispose
    }

    deinit {
        if let loaded = loadedIfReady { dispose(loaded) }
    }

    /// What runs; nil while loading or if it failed. Takes no lock.
    public var loadedIfReady: Loaded? { ready.value?.loaded }

    /// What runs; nil while loading.
    /// - Throws: why it could not be built.
    public func loaded() throws(ExecutionError) -> Loaded? {
        if let loaded = loadedIfReady { return loaded }
        switch state.withLock({ $0 }) {
        case .loading: return nil
        case .ready: return loadedIfReady
        case .failed(let error, _): throw error
        }
    }

    /// Calls `action` once loading has ended: at once if it has, else on the thread that ends it.
    public func whenEnded(_ action: @escaping @Sendable () -> Void) {
        let hasEnded = state.withLock { state in
            guard case .loading(let waiters) = state else { return true }
            state = .loading(waiters: waiters + [action])
            return false
        }
        if hasEnded { action() }
    }

    /// Goes back to loading if what it failed for may have passed.
    ///
    /// - Parameter hasLibrary: whether the backend's library is open.
    /// - Returns: whether it is loading again; who asked starts the build then.
    func reopen(hasLibrary: Bool) -> Bool {
        state.withLock { state in
            guard case .failed(let error, let time) = state, error.mayPass, Monotonic.nanoseconds >= time
            else { return false }
            // Somebody has to put it there.
            if case .libraryUnavailable = error, !hasLibrary { return false }
            state = .loading(waiters: [])
            began.store(Monotonic.nanoseconds, ordering: .relaxed)
            return true
        }
    }

    private func nextTry(after error: ExecutionError) -> Int {
        guard case .outOfMemory = error else { return 0 }
        let now = Monotonic.nanoseconds
        return now + max(Self.leastPause, Self.pauseFactor * (now - began.load(ordering: .relaxed)))
    }

    /// Ends loading, once.
    func end(_ result: Result<Loaded, ExecutionError>) {
        let waiters = state.withLock { state -> [@Sendable () -> Void] in
            guard case .loading(let waiters) = state else {
                preconditionFailure("a model or script was built twice")
            }
            switch result {
            case .success(let loaded):
                ready.publish(Ready(loaded))
                state = .ready
            case .failure(let error): state = .failed(error, until: nextTry(after: error))
            }
            return waiters
        }
        for waiter in waiters { waiter() }
    }
}

/// The build of a model.
public typealias ModelBuild = Build<any LoadedModel>

extension Build where Loaded == any LoadedModel {
    /// Whether a joined run has shown that its outputs do not have a row for each row of its inputs.
    public var refusesBatches: Bool { hasRefusedBatch.load(ordering: .relaxed) }

    /// Has requests run one by one from now on.
    func refuseBatches() { hasRefusedBatch.store(true, ordering: .relaxed) }

    /// Runs the model, alone if the backend asks for that.
    ///
    /// - Parameters:
    ///   - slot: the calling thread's.
    ///   - began: the time now, in nanoseconds.
    func run(
        _ loaded: any LoadedModel, _ inputs: [Tensor], _ slot: RunSlot, since began: Int
    ) throws(ExecutionError) -> [Tensor?] {
        guard !loaded.allowsOverlappingRuns else {
            return try loaded.run(inputs, stop: slot.stop(since: began))
        }
        return try exclusiveRun.run(by: slot.hold) { () throws(ExecutionError) in
            // The time that it has waited for others is not its own.
            try loaded.run(inputs, stop: slot.stop())
        }
    }
}
