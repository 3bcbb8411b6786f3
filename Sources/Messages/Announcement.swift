import CMessages
import Glibc

/// What stands in a message of the side socket: which region its descriptor is.
struct Announcement: Equatable {
    /// 64 bits each, the lowest byte first.
    static let byteCount = 16

    /// Positive for regions of the server, negative for those of Python.
    let number: Int
    /// The region's bytes.
    let size: UInt64

    /// Sends it with the region's descriptor; never waits.
    func send(_ descriptor: borrowing Descriptor, over side: Int32) throws(RegionError) {
        let words: InlineArray<2, UInt64> = [
            UInt64(bitPattern: Int64(number)).littleEndian, size.littleEndian,
        ]
        // Safety: the bytes are read during the call.
        let code = unsafe words.span.withUnsafeBytes { buffer -> Int32 in
            guard let start = buffer.baseAddress else { return EINVAL }
            return unsafe messages_send_descriptor(side, start, buffer.count, descriptor.number)
        }
        guard code == 0 else { throw .notAnnounced(code: code) }
    }

    /// Takes the next one from the socket, if there is one, with its descriptor; never waits.
    /// - Parameter take: gets both.
    /// - Returns: whether there was one.
    static func receive(
        from side: Int32, take: (Announcement, consuming Descriptor) throws(RegionError) -> Void
    ) throws(RegionError) -> Bool {
        var words = InlineArray<2, UInt64>(repeating: 0)
        var received: Int32 = -1
        var span = words.mutableSpan
        // Safety: the call writes no more bytes than there are, and one descriptor.
        let count = unsafe span.withUnsafeMutableBytes { buffer -> Int in
            guard let start = buffer.baseAddress else { return Int(-EINVAL) }
            return unsafe messages_receive_descriptor(side, start, buffer.count, &received)
        }
        guard received >= 0 else {
            switch count {
            case Int(-EAGAIN), Int(-ENOBUFS), Int(-ENOMEM): return false
            case Int(-EMSGSIZE), 1...: throw .malformedAnnouncement
            default: throw .hasEnded
            }
        }
        let descriptor = Descriptor(received)
        guard count == Self.byteCount else { throw .malformedAnnouncement }
        let number = Int(Int64(bitPattern: UInt64(littleEndian: words[0])))
        try take(Announcement(number: number, size: UInt64(littleEndian: words[1])), descriptor)
        return true
    }
}
