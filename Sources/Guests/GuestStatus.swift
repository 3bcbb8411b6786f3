/// What is known of a guest at a moment.
public struct GuestStatus: Equatable, Sendable {
    public enum Stage: Equatable, Sendable {
        case stopped
        /// It runs, but nobody has said that it is ready.
        case starting
        case ready
        /// It was killed, and has not ended.
        case dying
        /// It ended too soon, and is started again after a pause.
        case waiting
        case refused(why: String)
    }

    public let stage: Stage
    /// Of the running process.
    public let pid: Int?
    /// How often it was started.
    public let startCount: Int
    public let lastEnd: GuestEnd?
    /// Bytes that the process has in memory, without files: its own, and what it shares with the server.
    /// Nil without a process.
    public let memoryByteCount: Int?
}
