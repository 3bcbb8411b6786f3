/// Decides when a guest is started, killed and given up; others act.
///
/// Times are nanoseconds of `Monotonic`. At most one process of a guest is there at a time.
struct GuestState: Equatable, Sendable {
    enum Stage: Equatable, Sendable {
        case stopped
        case starting(deadline: Int)
        case ready
        /// Killed; `restarts` unless it was stopped.
        case dying(because: String, restarts: Bool)
        case waiting(until: Int)
        case refused(why: String)
    }

    enum Event: Equatable, Sendable {
        case start
        case stop
        /// What a refusal was about may be different now.
        case settingsChanged
        /// The start that was asked for is not possible.
        case refused(why: String)
        /// The owner says so of this start.
        case ready(start: Int)
        /// Nil: whichever start it is.
        case kill(because: String, start: Int?)
        /// The process is gone, or could not be made for a while.
        case ended
        /// It may be time for something.
        case looked
    }

    enum Action: Equatable, Sendable {
        case nothing
        /// Answered with `refused`, with `ended`, or with a process.
        case spawn
        case kill
        /// The owner is to be told.
        case refuse(why: String)
    }

    /// How long a start may take until it is ready.
    static let longestStart = 30_000_000_000
    /// Who lives shorter has ended too soon.
    static let shortLife = 10_000_000_000
    static let firstPause = 100_000_000
    static let longestPause = 10_000_000_000
    /// Between two starts of who has served: flows of others wait for it.
    static let longestPauseOfServing = 1_000_000_000

    /// Whether nothing follows its end.
    let runsOnce: Bool
    private(set) var stage = Stage.stopped
    private(set) var startCount = 0
    /// When the last process was started.
    private(set) var startTime = 0
    private var shortLives = 0
    /// Whether the last process was ready.
    private var hasServed = false

    init(runsOnce: Bool = false) { self.runsOnce = runsOnce }

    /// When `looked` has something to do.
    var deadline: Int? {
        switch stage {
        case .starting(let deadline): deadline
        case .waiting(let until): until
        case .stopped, .ready, .dying, .refused: nil
        }
    }

    mutating func event(_ event: Event, at now: Int) -> Action {
        switch event {
        case .start: return startIfIdle(at: now)
        case .stop: return stop()
        case .settingsChanged:
            guard case .refused = stage else { return .nothing }
            return spawn(at: now)
        case .refused(let why):
            guard case .starting = stage else { return .nothing }
            stage = .refused(why: why)
            return .refuse(why: why)
        case .ready(let start):
            guard case .starting = stage, start == startCount else { return .nothing }
            stage = .ready
            hasServed = true
            return .nothing
        case .kill(let because, let start):
            guard start == nil || start == startCount else { return .nothing }
            return kill(because: because, restarts: true)
        case .ended: return ended(at: now)
        case .looked: return look(at: now)
        }
    }

    private mutating func startIfIdle(at now: Int) -> Action {
        switch stage {
        case .stopped:
            shortLives = 0
            return spawn(at: now)
        case .dying(let because, restarts: false):
            stage = .dying(because: because, restarts: true)
            return .nothing
        case .starting, .ready, .dying, .waiting, .refused: return .nothing
        }
    }

    private mutating func stop() -> Action {
        switch stage {
        case .starting, .ready: return kill(because: "it was stopped", restarts: false)
        case .dying(let because, _):
            stage = .dying(because: because, restarts: false)
            return .nothing
        case .stopped, .waiting, .refused:
            stage = .stopped
            return .nothing
        }
    }

    private mutating func spawn(at now: Int) -> Action {
        startCount += 1
        startTime = now
        hasServed = false
        stage = .starting(deadline: now + Self.longestStart)
        return .spawn
    }

    private mutating func kill(because: String, restarts: Bool) -> Action {
        switch stage {
        case .starting, .ready:
            stage = .dying(because: because, restarts: restarts)
            return .kill
        case .stopped, .dying, .waiting, .refused: return .nothing
        }
    }

    private mutating func ended(at now: Int) -> Action {
        switch stage {
        case .dying(_, restarts: false):
            stage = .stopped
            return .nothing
        case .starting, .ready, .dying:
            guard !runsOnce else {
                stage = .stopped
                return .nothing
            }
            shortLives = now - startTime < Self.shortLife ? shortLives + 1 : 0
            let next = nextStart(after: now)
            guard next > now else { return spawn(at: now) }
            stage = .waiting(until: next)
            return .nothing
        case .stopped, .waiting, .refused: return .nothing
        }
    }

    /// After the short lives in a row; the first one costs nothing.
    ///
    /// Who cannot serve may need much time of the machine for each try. What has ended a process that served,
    /// on the other hand, was one request among others.
    private func nextStart(after now: Int) -> Int {
        guard shortLives > 1 else { return now }
        let pause = min(Self.firstPause << min(shortLives - 2, 16), Self.longestPause)
        return hasServed ? max(now, startTime + min(pause, Self.longestPauseOfServing)) : now + pause
    }

    private mutating func look(at now: Int) -> Action {
        guard let deadline, deadline <= now else { return .nothing }
        if case .waiting = stage { return spawn(at: now) }
        let seconds = Self.longestStart / 1_000_000_000
        return kill(because: "it was not ready after \(seconds) seconds", restarts: true)
    }
}
