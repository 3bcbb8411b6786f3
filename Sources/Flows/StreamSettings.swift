import Messages

/// How a flow takes the entries of streams.
struct StreamSettings: Equatable {
    /// What becomes of entries whose execution has failed.
    enum Policy: String {
        /// They are done with, like others.
        case goOn = "continue"
        /// The registration starts nothing more.
        case abort
        /// They come again.
        case retry
    }

    let prefix: KeyPrefix
    /// Entries that an execution gets, at most; it starts when there are so many, or after `duration`.
    let batchSize: Int
    /// Milliseconds after the first of fewer entries; 0 = they wait.
    let durationMilliseconds: Int
    let policy: Policy
    let retrySeconds: Int
    /// Whether entries are removed once they are done with.
    let trims: Bool

    private static let largestBatch = 1_000_000
    private static let longestSeconds = 1_000_000

    /// - Parameter description: what `register` was given.
    /// - Throws: `.invalidCall`.
    init(_ description: MessageValue) throws(FlowError) {
        guard let prefix = description["prefix"]?.asBytes, let batch = description["batch"]?.asInt,
            let duration = description["duration"]?.asInt,
            let policy = description["onFailedPolicy"]?.asText.flatMap(Policy.init(rawValue:)),
            let retry = description["retryInterval"]?.asInt, let trims = description["trimStream"]?.asBool
        else { throw .invalidCall }
        self.prefix = KeyPrefix(Array(prefix))
        batchSize = min(max(1, batch), Self.largestBatch)
        durationMilliseconds = min(max(0, duration), 1000 * Self.longestSeconds)
        self.policy = policy
        retrySeconds = min(max(0, retry), Self.longestSeconds)
        self.trims = trims
    }
}
