import Redis

/// All sessions and what they have registered, by what they are looked for. Main thread.
final class FlowSessions {
    /// Sessions at the same time, those being built among them.
    static let sessionLimit = 1000
    static let registrationLimit = 10_000
    /// Sessions that are gone but whose code may still call.
    private static let formerLimit = 1000

    private(set) var byID: [[UInt8]: FlowSession] = [:]
    private(set) var registrations: [[UInt8]: FlowRegistration] = [:]
    /// Sessions whose scripts run for the first time, by their numbers.
    private(set) var built: [Int: FlowSession] = [:]
    private var byNumber: [Int: FlowSession] = [:]
    private var registrationsByNumber: [Int: FlowRegistration] = [:]
    private var triggers: [TriggerName: FlowRegistration] = [:]
    /// Those that events of keys may start.
    private(set) var watchers: [FlowRegistration] = [] {
        didSet { KeyEvents.interestsHaveChanged() }
    }
    /// Sessions whose scripts run in Python, for the first time or again, by their numbers.
    var running: Set<Int> = []
    /// Commands that are hooked.
    let hooks = FlowHooks()
    /// Names that scripts which still run have registered.
    private var reserved: [[UInt8]: FlowSession] = [:]
    private var former: [Int] = []

    /// Sessions in the order of their names.
    var inOrder: [FlowSession] { byID.values.sorted { $0.name < $1.name } }

    /// Registrations in the order in which they came.
    var registrationsInOrder: [FlowRegistration] { registrations.values.sorted { $0.order < $1.order } }

    /// Whether it is the session of its name.
    func isLinked(_ session: FlowSession) -> Bool { byID[session.id] === session }

    var count: Int { byID.count + built.count }

    // MARK: Finding

    func session(numbered number: Int) -> FlowSession? { byNumber[number] }

    func registration(numbered number: Int) -> FlowRegistration? { registrationsByNumber[number] }

    func trigger(named name: Argument) -> FlowRegistration? { triggers[TriggerName(name.bytes)] }

    /// Whether a script that replaces a session is running already, or makes one of that name.
    func isBeingBuilt(_ id: [UInt8]) -> Bool {
        built.values.contains { session in
            guard case .building(let request) = session.state else { return false }
            return session.id == id || request.replaced?.id == id
        }
    }

    /// The session of a name whose script runs, or is to run again.
    func withScript(_ id: [UInt8]) -> FlowSession? {
        if let session = built.values.first(where: { $0.id == id }) { return session }
        guard let session = byID[id], case .restoring = session.state else { return nil }
        return session
    }

    // MARK: Sessions

    /// A session whose script begins to run for the first time.
    func begin(_ session: FlowSession, number: Int) {
        built[number] = session
        know(session, number)
    }

    /// The process knows a session by this number.
    func know(_ session: FlowSession, _ number: Int) {
        session.number = number
        byNumber[number] = session
    }

    /// The script has ended well: what it has registered counts.
    func add(_ session: FlowSession) {
        if let number = session.number { built[number] = nil }
        byID[session.id] = session
        for registration in session.registrations { publish(registration) }
    }

    /// A session is gone, but its code may still run for a while.
    func remove(_ session: FlowSession) {
        for registration in session.registrations { forget(registration) }
        if byID[session.id] === session { byID[session.id] = nil }
        guard let number = session.number else { return }
        built[number] = nil
        former.append(number)
        if former.count > Self.formerLimit { byNumber[former.removeFirst()] = nil }
    }

    /// The process is gone, and with it all numbers.
    func forgetNumbers() {
        byNumber = [:]
        registrationsByNumber = [:]
        built = [:]
        running = []
        reserved = [:]
        former = []
        for session in byID.values {
            session.number = nil
            for registration in session.registrations { registration.number = nil }
        }
    }

    // MARK: Registrations

    /// Takes a trigger's name for a session whose script runs.
    /// - Parameter replaced: the session whose names are free for it.
    func reserve(
        _ name: [UInt8], for session: FlowSession, replaced: FlowSession?
    ) throws(FlowError) {
        if let owner = reserved[name] {
            throw owner === session ? .triggerTakenInSession : .triggerTaken
        }
        if let registration = triggers[TriggerName(name)] {
            if registration.session === session { throw .triggerTakenInSession }
            guard registration.session === replaced else { throw .triggerTaken }
        }
        reserved[name] = session
    }

    /// The process knows a registration by this number.
    func know(_ registration: FlowRegistration, _ number: Int) {
        registration.number = number
        registrationsByNumber[number] = registration
    }

    /// Clients see it, and events start it.
    func publish(_ registration: FlowRegistration) {
        registrations[registration.id] = registration
        if registration.reader.seesKeys { watchers.append(registration) }
        hooks.add(registration)
        guard let name = registration.reader.trigger else { return }
        reserved[name] = nil
        triggers[TriggerName(name)] = registration
    }

    func forget(_ registration: FlowRegistration) {
        if registrations[registration.id] === registration { registrations[registration.id] = nil }
        if registration.reader.seesKeys { watchers.removeAll { $0 === registration } }
        hooks.remove(registration)
        if let number = registration.number { registrationsByNumber[number] = nil }
        registration.number = nil
        guard let name = registration.reader.trigger else { return }
        if triggers[TriggerName(name)] === registration { triggers[TriggerName(name)] = nil }
        if reserved[name] === registration.session { reserved[name] = nil }
    }
}
