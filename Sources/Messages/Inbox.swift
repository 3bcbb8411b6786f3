import Glibc

/// Cuts what comes from a stream socket into messages.
///
/// A length makes no memory: the buffer grows as the bytes come, to about twice as many. As long as a whole
/// message waits here, nothing more is taken from the socket.
public struct Inbox: Sendable {
    /// What there is after a look at the socket.
    public enum Received: Sendable, Equatable {
        /// `next` has something to say.
        case messages
        /// No message is complete.
        case nothing
        /// The other end has closed, and no complete message is left.
        case hasEnded
    }

    /// The most that one `receive` reads.
    private static let readByteCount = 256 << 10
    /// A buffer that is no longer is kept when it is empty.
    private static let keptByteCount = 1 << 20

    private var buffer: [UInt8] = []
    /// Bytes at the beginning of the buffer that were read.
    private var readCount = 0
    /// Whether the last read has left something in the socket, as far as is known.
    public private(set) var mayHaveMore = true

    /// An empty one, without a buffer.
    public init() {}

    /// Bytes that were received and not yet read.
    public var byteCount: Int { buffer.count - readCount }

    /// Bytes of memory for them.
    var capacity: Int { buffer.capacity }

    /// Reads from the socket once, at most 256 KiB, unless a message waits already; never waits.
    public mutating func receive(from descriptor: Int32) -> Received {
        if hasMessage { return .messages }
        removeRead()
        while true {
            let code = read(descriptor)
            switch code {
            case 0: return hasMessage ? .messages : .nothing
            case EINTR: continue
            // The kernel may also lack memory for the moment.
            case EAGAIN, ENOBUFS, ENOMEM: return .nothing
            default: return .hasEnded
            }
        }
    }

    /// The next message; nil if none is complete.
    ///
    /// After an error nothing that follows can be trusted: the stream is to be given up.
    public mutating func next() throws(MessageError) -> MessageValue? {
        guard let length else { return nil }
        guard length <= MessageLimits.byteCount else { throw .tooLong(byteCount: length) }
        guard length <= byteCount - MessageLimits.prefixByteCount else { return nil }
        let start = readCount + MessageLimits.prefixByteCount
        readCount = start + length
        // A copy: bytes of the message may be kept for long, and must not keep all that came with them.
        return try MessageReader.value(of: Array(buffer[start..<readCount]))
    }

    /// Whether `next` gives a message or an error.
    public var hasMessage: Bool {
        guard let length else { return false }
        return length > MessageLimits.byteCount || length <= byteCount - MessageLimits.prefixByteCount
    }

    /// The length of the next message, as far as it has come.
    private var length: Int? {
        guard byteCount >= MessageLimits.prefixByteCount else { return nil }
        return (0..<MessageLimits.prefixByteCount).reduce(0) { length, index in
            length | Int(buffer[readCount + index]) << (8 * index)
        }
    }

    /// - Returns: 0 if something has come, `EPIPE` if nothing will, else the system's number for the reason.
    private mutating func read(_ descriptor: Int32) -> Int32 {
        var code: Int32 = 0
        var isFull = false
        buffer.append(addingCapacity: Self.readByteCount) { span in
            // Safety: the call writes no more bytes than there are, and says how many it has written.
            unsafe span.withUnsafeMutableBufferPointer { room, count in
                let result = unsafe recv(descriptor, room.baseAddress, room.count, Int32(MSG_DONTWAIT))
                count = max(0, result)
                code = result > 0 ? 0 : result == 0 ? EPIPE : errno
                isFull = count == room.count
            }
        }
        mayHaveMore = isFull
        return code
    }

    /// Makes room of what was read: what is left moves to the beginning, at most once for each message.
    private mutating func removeRead() {
        if byteCount == 0 {
            buffer.removeAll(keepingCapacity: buffer.capacity <= Self.keptByteCount)
        } else {
            buffer.removeFirst(readCount)
        }
        readCount = 0
    }
}
