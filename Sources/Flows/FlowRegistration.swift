import Messages

/// A flow that events start. Main thread.
final class FlowRegistration {
    /// What follows from the description that `register` was given.
    struct Parts {
        let reader: FlowReader
        let mode: FlowMode
        let description: [UInt8]?
        let steps: [FlowStep]
    }

    /// As clients know it.
    let id: [UInt8]
    /// The number at the end of the ID, greater than that of any before it.
    let order: Int
    unowned let session: FlowSession
    /// What `register` was given.
    let raw: MessageValue
    let parts: Parts
    /// Which of those that its script makes it is, from 0, so that it comes back with the script; nil if a
    /// flow has made it later.
    let place: Int?
    var statistics = RegistrationStatistics()
    /// As the Python process that runs knows it; nil as long as that does not.
    var number: Int?
    /// Executions that wait until it does.
    var waiting: [FlowExecution] = []
    /// The numbers of executions that are kept after their end, and of some that were; the oldest first.
    var kept: [Int] = []
    /// Of a StreamReader: how far it is in each stream.
    var streams = StreamProgress()
    /// What the name of its consumer groups ends with: random digits, or the ID if an earlier version has
    /// registered it.
    var groupMark: [UInt8]

    /// - Parameter groupMark: nil = the ID.
    /// - Throws: as `parts(of:)`.
    init(
        id: [UInt8], order: Int, session: FlowSession, _ raw: MessageValue, place: Int?,
        groupMark: [UInt8]? = nil
    ) throws(FlowError) {
        parts = try Self.parts(of: raw)
        self.id = id
        self.order = order
        self.session = session
        self.raw = raw
        self.place = place
        self.groupMark = groupMark ?? id
    }

    /// Whether its script has made it.
    var isOfScript: Bool { place != nil }

    /// Whether its groups go on where one that earlier versions had for all was.
    var isOfEarlierVersion: Bool { groupMark.contains(UInt8(ascii: "-")) }

    /// What is kept of the mark; nil if nothing needs to be.
    var savedGroupMark: [UInt8]? {
        guard case .stream = reader, groupMark != id else { return nil }
        return groupMark
    }

    var reader: FlowReader { parts.reader }
    var mode: FlowMode { parts.mode }

    /// - Parameter raw: what `register` was given; a stranger's.
    /// - Throws: `.invalidCall`, `.readerCannotRegister`.
    static func parts(of raw: MessageValue) throws(FlowError) -> Parts {
        let reader = try FlowReader(raw)
        guard let mode = raw["mode"]?.asText.flatMap(FlowMode.init(rawValue:)) else { throw .invalidCall }
        return Parts(
            reader: reader, mode: mode, description: raw["desc"]?.asBytes.map(Array.init),
            steps: FlowStep.list(raw["steps"]))
    }
}
