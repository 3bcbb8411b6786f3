import Redis

/// The IDs of registrations and executions, which come from one counter.
final class FlowIDs {
    /// The server's name in its cluster, or zeros.
    let nodeID: [UInt8]
    /// Whether it has a name there.
    let isInCluster: Bool
    private var last = 0

    /// What is loaded may bring no higher number, so that numbers never run out.
    static let mostLoaded = 1 << 48

    /// - Parameter nodeID: of the server in its cluster, 40 digits; nil outside of one.
    init(nodeID: [UInt8]?) {
        isInCluster = nodeID != nil
        self.nodeID = nodeID ?? [UInt8](repeating: UInt8(ascii: "0"), count: Self.nodeDigitCount)
    }

    private static let nodeDigitCount = 40

    /// An ID: the server's name and a number.
    struct ID {
        let nodeID: [UInt8]
        let count: Int

        /// As clients know it.
        var bytes: [UInt8] { nodeID + Array("-\(count)".utf8) }

        /// What an execution of this ID is called in messages: an odd number. All others there are even.
        var executionNumber: Int { 2 * count + 1 }
    }

    /// An ID that nothing has.
    var none: [UInt8] { ID(nodeID: nodeID, count: 0).bytes }

    /// One of this server's, from what a client says.
    func id(_ bytes: [UInt8]) -> ID? {
        guard bytes.starts(with: nodeID),
            let count = Int(String(decoding: bytes.dropFirst(nodeID.count + 1), as: UTF8.self)),
            count > 0, count <= last
        else { return nil }
        let id = ID(nodeID: nodeID, count: count)
        return id.bytes == bytes ? id : nil
    }

    /// No ID up to this one is given again.
    func skip(to count: Int) { last = max(last, count) }

    func next() -> ID {
        last += 1
        return ID(nodeID: nodeID, count: last)
    }

    /// A name for a session that was given none: 40 random digits.
    func sessionID() -> [UInt8] { Self.randomDigits(Self.nodeDigitCount) }

    /// What tells the consumer groups of a registration from others: 16 random digits, since streams with
    /// their groups come from other servers, too.
    func groupMark() -> [UInt8] { Self.randomDigits(16) }

    private static func randomDigits(_ count: Int) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return (0..<count).map { _ in digits[Int.random(in: 0..<16)] }
    }
}
