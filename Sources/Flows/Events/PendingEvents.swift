/// What has happened to keys in this turn of the event loop, until flows begin for it. Main thread.
final class PendingEvents {
    /// An event of a key that starts a flow.
    struct KeyEvent {
        let registration: FlowRegistration
        let key: [UInt8]
        let name: String
    }

    var keys: [KeyEvent] = []
    /// Streams that have new entries.
    var streams: [(registration: FlowRegistration, key: [UInt8])] = []
    /// Streams that flows follow and that may be gone.
    var endings: [(registration: FlowRegistration, key: [UInt8])] = []
    /// Events after which a key is gone.
    static let endingNames: Set<String> = ["del", "expired", "evicted", "rename_from", "move_from"]
    /// Whether the server tells of events.
    var isSubscribed = false
    /// Whether somebody looks at what is here at the end of the turn.
    var isLookDue = false
    /// While keys are read for records: what that causes starts nothing.
    var isReading = false
}
