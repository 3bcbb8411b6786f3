/// Why bytes are refused by a scan that reads messages.
public protocol WireFailure: Error {
    /// They are not a message, or nested deeper than a reader follows.
    static var malformed: Self { get }
}
