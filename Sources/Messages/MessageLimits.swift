/// How large a message may be, whoever sends it.
public enum MessageLimits {
    /// Bytes of a message without its length; also the limit of the Python side.
    public static let byteCount = 64 << 20
    /// Levels of tuples, lists and dicts, the message itself among them.
    public static let depth = 32
    /// Values, those that hold others and the keys of dicts among them. Each takes some 40 bytes of memory.
    public static let valueCount = 1_000_000
    /// Bytes of the length before each message.
    public static let prefixByteCount = 4
}
