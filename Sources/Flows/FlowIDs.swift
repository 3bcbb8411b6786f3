import Redis

/// The IDs of registrations and executions, which come from one counter.
final class FlowIDs {
    /// The server's name in its cluster, or zeros.
    let nodeID: [UInt8]
    /// Whether it has a name there.
    let isInCluster: Bool
    private var last = 0

    /// - Parameter nodeID: of the server in its cluster, 40 digits; nil outside of one.
    init(nodeID: [UInt8]?) {
        isInCluster = nodeID != nil
        self.nodeID = nodeID ?? [UInt8](repeating: UInt8(ascii: "0"), count: Self.nodeDigitCount)
    }

    private static let nodeDigitCount = 40

    /// An ID, and the number at its end.
    struct ID {
        let bytes: [UInt8]
        let count: Int
    }

    /// An ID that nothing has.
    var none: [UInt8] { nodeID + Array("-0".utf8) }

    /// No ID up to this one is given again.
    func skip(to count: Int) { last = max(last, count) }

    func next() -> ID {
        last += 1
        return ID(bytes: nodeID + Array("-\(last)".utf8), count: last)
    }

    /// A name for a session that was given none: 40 random digits.
    func sessionID() -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return (0..<Self.nodeDigitCount).map { _ in digits[Int.random(in: 0..<16)] }
    }
}
