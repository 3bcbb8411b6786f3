import Glibc

/// Messages that wait to be sent over a stream socket.
///
/// Many are written, then all are sent at once. What the socket does not take stays here.
public struct Outbox: Sendable {
    /// What a flush has come to.
    public enum Flush: Sendable, Equatable {
        /// Nothing is left.
        case sentAll
        /// The rest waits until the socket can be written.
        case waits
        /// Nobody reads any more; what is left will never be sent.
        case hasEnded
    }

    /// A buffer that is no longer is kept when all of it has been sent.
    private static let keptByteCount = 1 << 20

    private var writer = MessageWriter()
    /// Bytes at the beginning of the buffer that were sent.
    private var sentByteCount = 0
    /// From so many bytes on the outbox is full.
    public let byteLimit: Int

    /// An empty one.
    public init(byteLimit: Int = 64 << 20) { self.byteLimit = byteLimit }

    /// Bytes that were not sent yet.
    public var byteCount: Int { writer.buffer.count - sentByteCount }

    /// Whether callers should refuse what would write more. A message is taken all the same: some have to be.
    public var isFull: Bool { byteCount >= byteLimit }

    /// Writes one message.
    /// - Parameter fill: writes its value. What it throws takes the message back.
    /// - Throws: `.tooLong`; then nothing of the message is left, too.
    public mutating func write(
        _ fill: (inout MessageWriter) throws(MessageError) -> Void
    ) throws(MessageError) {
        compact()
        writer.begin()
        do {
            try fill(&writer)
        } catch {
            writer.cancel()
            throw error
        }
        try writer.finish()
    }

    /// Sends as much as the socket takes now; never waits.
    public mutating func flush(to descriptor: Int32) -> Flush {
        while byteCount > 0 {
            let result = send(descriptor)
            if result >= 0 {
                sentByteCount += result
                continue
            }
            switch errno {
            case EINTR: continue
            // The kernel may also lack memory for the moment.
            case EAGAIN, ENOBUFS, ENOMEM: return .waits
            default: return .hasEnded
            }
        }
        writer.removeAll(keeping: Self.keptByteCount)
        sentByteCount = 0
        return .sentAll
    }

    private func send(_ descriptor: Int32) -> Int {
        // Safety: the bytes stay where they are during the call.
        unsafe writer.buffer.withUnsafeBytes { buffer in
            let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[sentByteCount...])
            return unsafe Glibc.send(
                descriptor, rest.baseAddress, rest.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
        }
    }

    /// Moves the rest to the beginning once it is the smaller part, so that no more is moved than was sent.
    private mutating func compact() {
        guard sentByteCount > byteCount else { return }
        writer.removeFirst(sentByteCount)
        sentByteCount = 0
    }
}
