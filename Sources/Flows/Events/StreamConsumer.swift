import Glibc
import Redis

/// Takes the entries of one stream for one registration, and acknowledges them when they are done with.
///
/// Those that were begun before come first, and one execution at a time. Main thread.
final class StreamConsumer {
    private enum State {
        case idle
        case runs
        /// Until a timer's time.
        case waits
        /// It belongs to nobody any more.
        case isOver
    }

    private let key: [UInt8]
    private unowned let service: FlowService
    private unowned let registration: FlowRegistration
    private let settings: StreamSettings
    private let group: StreamGroup
    private var state = State.idle
    /// Whether there may be entries that were read but not acknowledged.
    private var mayHavePending = true
    private var isBatchDue = false
    private var isTimed = false
    /// All entries up to this one are done with; nil if that is not known.
    private(set) var doneUpTo: StreamID?
    /// Whether its user may not read.
    private(set) var isRefused = false
    /// Why entries could not be read, begun or acknowledged; nil once they have been.
    private var failure: String?
    /// For so long it waits after a failure that lasts, in seconds.
    private var pause = 1
    /// Of waits; a timer of another one does nothing.
    private var waitNumber = 0

    private static let longestPause = 60

    init(_ key: [UInt8], _ registration: FlowRegistration, _ settings: StreamSettings, _ service: FlowService)
    {
        self.key = key
        self.registration = registration
        self.settings = settings
        self.service = service
        group = StreamGroup(key, registration)
    }

    /// It reads nothing more.
    func stop() { state = .isOver }

    func forgetProgress() { doneUpTo = nil }

    /// It begins with what it has read before, and waits no longer.
    func startAgain() {
        if case .waits = state { state = .idle }
        mayHavePending = true
        look()
    }

    /// There may be something to do.
    func look() {
        guard case .idle = state, case .live = registration.session.state, registration.number != nil,
            registration.streams.status == .ok, ServerRole.isMaster
        else { return }
        do throws(FlowError) {
            guard let entries = try nextEntries() else { return endWithStream() }
            guard !entries.isEmpty else { return succeeded() }
            try service.checkCanBegin(registration, .entries(entries))
            state = .runs
            try begin(entries)
        } catch {
            state = .idle
            failed(error, seconds: 1)
        }
    }

    /// Where no stream is any more, there is nothing to take either: the next entry has another one begin.
    func endWithStream() {
        // What runs looks again at its end.
        if case .runs = state { return }
        guard !holdsStream else { return }
        registration.streams.remove(key)
    }

    private var holdsStream: Bool {
        let type = DetachedContext.with { context in
            context.inspect(key, database: registration.session.script.database)?.typeName
        }
        return type.flatMap { $0 }.map { "\($0)" } == "stream"
    }

    private func succeeded() {
        failure = nil
        isRefused = false
        pause = 1
    }

    /// What fails again and again counts once. It is tried after `seconds`; if it lasts, ever more rarely.
    private func failed(_ error: FlowError, seconds: Int) {
        mayHavePending = true
        guard holdsStream else { return endWithStream() }
        let text = error.text
        if text != failure {
            failure = text
            registration.statistics.fail(error)
        }
        isRefused = error.isLasting
        guard isRefused else { return lookLater(seconds: seconds) }
        if registration.streams.isFirstRefusal() {
            let id = String(decoding: registration.id, as: UTF8.self)
            Log.warning("flows: registration \(id) cannot follow a stream, and tries again: \(text)")
        }
        lookLater(seconds: max(seconds, pause))
        pause = min(2 * pause, Self.longestPause)
    }

    private func begin(_ entries: [StreamEntry]) throws(FlowError) {
        let onEnd = { [weak self] (execution: FlowExecution) in self?.ended(execution, entries) ?? () }
        guard registration.mode == .sync else {
            return service.begin(registration, .entries(entries), owner: .kept, onEnd: onEnd)
        }
        try service.runHolding(
            registration, .entries(entries), owner: .kept, mayBlock: true, onEnd: onEnd)
    }

    /// - Returns: nil if there is no stream.
    private func nextEntries() throws(FlowError) -> [StreamEntry]? {
        while mayHavePending {
            guard let (entries, deleted) = try group.pending(atMost: settings.batchSize) else { return nil }
            if !deleted.isEmpty { try group.acknowledge(deleted) }
            if !entries.isEmpty { return entries }
            mayHavePending = !deleted.isEmpty
        }
        if settings.batchSize > 1, !isBatchDue {
            guard let count = try group.unreadCount(atMost: settings.batchSize) else { return nil }
            guard count > 0 else { return [] }
            guard count >= settings.batchSize else {
                noteBeginOfBatch()
                return []
            }
        }
        isBatchDue = false
        return try group.next(atMost: settings.batchSize)
    }

    /// Fewer entries than a batch has wait for no longer than `duration`.
    private func noteBeginOfBatch() {
        guard settings.durationMilliseconds > 0, !isTimed else { return }
        isTimed = true
        ServerTimer.after(milliseconds: settings.durationMilliseconds) { [weak self] in
            guard let self else { return }
            isTimed = false
            isBatchDue = true
            look()
        }
    }

    private func lookLater(seconds: Int) {
        guard case .idle = state else { return }
        state = .waits
        waitNumber += 1
        let number = waitNumber
        ServerTimer.after(milliseconds: 1000 * seconds) { [weak self] in
            guard let self, case .waits = state, number == waitNumber else { return }
            state = .idle
            if registration.streams.status == .waitsForRetry { registration.streams.status = .ok }
            startAgain()
        }
    }

    // MARK: The end of an execution

    private func ended(_ execution: FlowExecution, _ entries: [StreamEntry]) {
        guard case .runs = state else { return }
        state = .idle
        // The process has ended; another one gets them again.
        guard service.connection != nil else {
            mayHavePending = true
            return
        }
        if execution.status == .aborted || !execution.errors.isEmpty {
            guard settings.policy == .goOn, !isPause(execution) else { return stopAfterFailure(execution) }
        }
        do throws(FlowError) {
            try group.acknowledge(entries.map(\.id))
        } catch {
            return failed(error, seconds: max(1, settings.retrySeconds))
        }
        succeeded()
        doneUpTo = entries.last.flatMap { StreamID($0.id) } ?? doneUpTo
        // What can not be trimmed keeps nobody from going on.
        do throws(FlowError) { try service.trim(key, for: registration) } catch {
            registration.statistics.fail(error)
        }
        noteLag(of: entries)
        // What has failed at once must not go on within this call.
        ServerTurn.atEnd { [weak self] in self?.look() }
    }

    /// A flow may say that it wants to be paused.
    private func isPause(_ execution: FlowExecution) -> Bool {
        execution.errors.first?.starts(with: Array("PAUSE".utf8)) ?? false
    }

    private func stopAfterFailure(_ execution: FlowExecution) {
        mayHavePending = true
        if isPause(execution) {
            registration.streams.status = .paused
        } else if settings.policy == .abort {
            registration.streams.status = .aborted
        } else {
            registration.streams.status = .waitsForRetry
            lookLater(seconds: settings.retrySeconds)
        }
    }

    private func noteLag(of entries: [StreamEntry]) {
        guard let added = entries.first?.milliseconds else { return }
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        let now = time.tv_sec * 1000 + time.tv_nsec / 1_000_000
        registration.streams.noteLag(max(0, now - added))
    }
}
