/// A flow that events start. Main thread.
final class FlowRegistration {
    /// As clients know it.
    let id: [UInt8]
    /// Greater than that of any before it.
    let order: Int
    unowned let session: FlowSession
    let reader: FlowReader
    let mode: FlowMode
    let description: [UInt8]?
    let steps: [FlowStep]
    /// Whether the script itself has made it, so that it comes back with the script.
    let isOfScript: Bool
    var statistics = RegistrationStatistics()
    /// As the Python process that runs knows it; nil as long as that does not.
    var number: Int?
    /// Executions that wait until it does.
    var waiting: [FlowExecution] = []

    init(
        id: FlowIDs.ID, session: FlowSession, reader: FlowReader, mode: FlowMode, description: [UInt8]?,
        steps: [FlowStep], isOfScript: Bool
    ) {
        self.id = id.bytes
        order = id.count
        self.session = session
        self.reader = reader
        self.mode = mode
        self.description = description
        self.steps = steps
        self.isOfScript = isOfScript
    }
}
