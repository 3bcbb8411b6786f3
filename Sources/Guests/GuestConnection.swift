/// The server's end of a connection with a guest that has been started.
///
/// Both descriptors are of connected sockets, do not block, close at exec, and belong to whoever was given
/// this. Their other ends close with the guest.
public struct GuestConnection: Equatable, Sendable {
    /// Which start of the guest it is, from 1.
    public let start: Int
    /// The guest's number among the system's processes.
    public let pid: Int
    /// A stream.
    public let messages: Int32
    /// Whole messages, for descriptors that come with them.
    public let side: Int32
}
