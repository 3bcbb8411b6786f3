/// Where the server's thread runs, for threads that are to run beside it.
///
/// To wake a thread on the same processor takes 3 us, on another one 60. The system moves the server's thread
/// at times; what follows it at once would never stay where it is. Pure.
struct ServerPlace {
    /// So often in a row the server must have been seen on a processor.
    static let patience = 200

    private var told: Int32?
    private var seen: Int32 = -1
    private var count = 0

    /// The server's thread runs on this processor now.
    /// - Returns: whether that is to be told.
    mutating func look(_ processor: Int32) -> Bool {
        guard processor >= 0, processor != told else {
            count = 0
            return false
        }
        count = processor == seen ? count + 1 : 1
        seen = processor
        // The first one may be wrong, but nothing is lost by that.
        guard told == nil || count >= Self.patience else { return false }
        told = processor
        count = 0
        return true
    }
}
