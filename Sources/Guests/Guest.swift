import Execution

/// A program that the server starts, watches and starts again when it ends, unless it is to run once. Any
/// thread.
///
/// What it costs: with nothing to tell, nothing; its thread sleeps. A guest that was started lives until it
/// is stopped, also when nobody holds it. The first one has to be made before other threads set variables of
/// the environment.
public final class Guest: Sendable {
    struct Fields: Sendable {
        var state: GuestState
        var pid: Int?
        var folder: ProcessFolder?
        /// Of the running process.
        var limits = GuestLimits()
        var lastEnd: GuestEnd?
    }

    let program: @Sendable () -> GuestProgram
    private weak let weakOwner: (any GuestOwner)?
    let fields: Locked<Fields>
    private let supervisor: GuestSupervisor

    /// - Parameters:
    ///   - owner: who is told of it; not held. Once it is gone, the guest should be stopped.
    ///   - runsOnce: nothing follows the end of its process. A start that is not possible now is refused.
    ///   - program: what to run, asked at each start, on the thread of all guests.
    public convenience init(
        owner: any GuestOwner, runsOnce: Bool = false, program: @escaping @Sendable () -> GuestProgram
    ) {
        self.init(owner: owner, supervisor: .shared, runsOnce: runsOnce, program: program)
    }

    init(
        owner: any GuestOwner, supervisor: GuestSupervisor, runsOnce: Bool = false,
        program: @escaping @Sendable () -> GuestProgram
    ) {
        fields = Locked(Fields(state: GuestState(runsOnce: runsOnce)))
        _ = GuestEnvironment.servers
        weakOwner = owner
        self.supervisor = supervisor
        self.program = program
    }

    var owner: (any GuestOwner)? { weakOwner }

    /// Starts it, unless it is there or about to be.
    public func start() { tell(.start) }

    /// Its process is ready: it answers. One that is not within 30 seconds is killed.
    /// - Parameter start: of the connection; one that was replaced meanwhile is not meant.
    public func becameReady(_ start: Int) { tell(.ready(start: start)) }

    /// Ends its process at once, and what that has started; another one follows as after any end.
    /// - Parameters:
    ///   - why: for the log: `it does not answer`.
    ///   - start: of the connection, as above; nil for whichever runs.
    public func kill(because why: String, start: Int? = nil) { tell(.kill(because: why, start: start)) }

    /// Ends its process for good, or until it is started again.
    public func stop() { tell(.stop) }

    /// Something has changed that may be why it was refused: it is tried again.
    public func settingsChanged() { tell(.settingsChanged) }

    /// What is known of it now; asks the system for its memory.
    public var status: GuestStatus {
        let fields = fields.withLock { $0 }
        return GuestStatus(
            stage: GuestStatus.Stage(fields.state.stage), pid: fields.pid,
            startCount: fields.state.startCount, lastEnd: fields.lastEnd,
            memoryByteCount: fields.folder?.memoryByteCount)
    }

    /// Kills it if it has a fifth more memory than its limit, which it may have by ways that the limit does
    /// not count, such as what it shares. Asks the system, so call it now and then.
    /// - Returns: whether it was too much.
    @discardableResult
    public func killIfBeyondMemory() -> Bool {
        let fields = fields.withLock { $0 }
        guard let most = fields.limits.mostMemoryByteCount, let used = fields.folder?.memoryByteCount,
            used > most
        else { return false }
        kill(because: "it has \(used) bytes of memory, more than \(most)", start: fields.state.startCount)
        return true
    }

    private func tell(_ event: GuestState.Event) {
        let starts = fields.withLock { fields in
            var state = fields.state
            return state.event(event, at: Monotonic.nanoseconds) == .spawn
        }
        guard !supervisor.send(event, to: self, startsThread: starts), starts else { return }
        // Nobody else changes the state without a thread.
        let why = "there is no memory for a thread that would start it; try again later"
        fields.withLock { fields in
            for event in [event, .refused(why: why)] {
                _ = fields.state.event(event, at: Monotonic.nanoseconds)
            }
        }
        owner?.guestRefused(why)
    }
}

extension GuestStatus.Stage {
    init(_ stage: GuestState.Stage) {
        self =
            switch stage {
            case .stopped: .stopped
            case .starting: .starting
            case .ready: .ready
            case .dying: .dying
            case .waiting: .waiting
            case .refused(let why): .refused(why: why)
            }
    }
}
