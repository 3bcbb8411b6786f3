/// What a worker has under way: at which place, and for whom.
struct RunTurn: Sendable {
    /// Requests that a worker serves.
    enum Requests: Sendable {
        case none
        /// The first is being run; the others wait for this worker to run them one by one.
        case one(RunRequest, before: ArraySlice<RunRequest>)
        /// All are being run together.
        case together([RunRequest])
    }

    let queue: RunQueue
    let place: Int
    var requests = Requests.none
}
