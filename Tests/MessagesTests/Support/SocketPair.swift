import Glibc

/// Two connected sockets, closed with this object.
final class SocketPair {
    let ours: Int32
    private(set) var theirs: Int32

    /// - Parameter isSide: whether messages stay whole.
    init(isSide: Bool = false) {
        var descriptors: [Int32] = [-1, -1]
        let kind = isSide ? SOCK_SEQPACKET : SOCK_STREAM
        let flags = Int32(kind.rawValue | SOCK_CLOEXEC.rawValue)
        precondition(socketpair(AF_UNIX, flags, 0, &descriptors) == 0, "there are no sockets")
        ours = descriptors[0]
        theirs = descriptors[1]
    }

    deinit {
        close(ours)
        closeTheirs()
    }

    func closeTheirs() {
        if theirs >= 0 { close(theirs) }
        theirs = -1
    }

    /// Makes the buffer of what we send as small as the system allows.
    func shrinkBuffer() {
        var size: Int32 = 1
        setsockopt(ours, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Sends bytes from the other end; they have to fit.
    func sendFromTheirs(_ bytes: ArraySlice<UInt8>) {
        let count = bytes.withUnsafeBytes { send(theirs, $0.baseAddress, $0.count, 0) }
        precondition(count == bytes.count, "the socket has no room")
    }

    /// What has come to the other end, up to a number of bytes.
    func readAtTheirs(_ limit: Int = 1 << 20) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: limit)
        let count = recv(theirs, &bytes, limit, Int32(MSG_DONTWAIT))
        return Array(bytes.prefix(max(0, count)))
    }
}
