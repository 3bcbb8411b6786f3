/// Tells a guest that hangs from one that is busy, for an owner that asks and waits for answers.
///
/// Every now and then while something is outstanding, the owner is to send something that is always answered
/// at once, a ping; its answer may tell of parts of the guest that others than those heard from wait for. If
/// nothing at all is heard after a ping, the guest hangs. Only time counts in which the owner itself came
/// back to look when it had been told to: an answer that it had no time to read is not the guest's fault.
///
/// Pure: times are nanoseconds of one clock. Every call costs a few instructions.
public struct AnswerWatch: Sendable {
    public enum Finding: Equatable, Sendable {
        case nothing
        /// Something is to be sent that is answered at once.
        case ping
        /// Told once; nothing is outstanding then.
        case hung
    }

    private enum Stage: Sendable {
        case idle
        case waiting(until: Int)
        /// Of the limit, `counted` nanoseconds are over, as far as the owner has looked.
        case pinged(counted: Int, from: Int, until: Int)
    }

    public static let pingInterval = 500_000_000
    public static let usualLimit = 1_000_000_000
    private static let partCount = 10

    /// Nanoseconds after a ping in which something must be heard.
    private let limit: Int
    private var stage = Stage.idle

    public init(limitNanoseconds: Int = usualLimit) { limit = max(limitNanoseconds, 1) }

    /// Something was asked for; what else is outstanding goes on waiting.
    public mutating func asked(at now: Int) {
        if case .idle = stage { stage = .waiting(until: now + Self.pingInterval) }
    }

    /// Anything has come from the guest.
    public mutating func heard(at now: Int) {
        guard case .pinged = stage else { return }
        stage = .waiting(until: now + Self.pingInterval)
    }

    /// Nothing is outstanding.
    public mutating func settled() { stage = .idle }

    /// When to look; nil = never, until something is asked for.
    public var nextLook: Int? {
        switch stage {
        case .idle: nil
        case .waiting(let until), .pinged(_, _, let until): until
        }
    }

    /// To be called at `nextLook`, after what has come was read; before that it finds nothing.
    public mutating func look(at now: Int) -> Finding {
        switch stage {
        case .idle: return .nothing
        case .waiting(let until):
            guard now >= until else { return .nothing }
            count(0, from: now)
            return .ping
        case .pinged(let counted, let from, let until):
            guard now >= until else { return .nothing }
            // The owner was busy; what the guest did meanwhile, nobody knows.
            let isLate = now - until > part
            let all = counted + (isLate ? 0 : until - from)
            guard all < limit else {
                stage = .idle
                return .hung
            }
            count(all, from: now)
            return .nothing
        }
    }

    /// The limit is looked at in parts, so that little is lost with one that does not count.
    private var part: Int { max(limit / Self.partCount, 1) }

    private mutating func count(_ counted: Int, from now: Int) {
        stage = .pinged(counted: counted, from: now, until: now + min(part, limit - counted))
    }
}
