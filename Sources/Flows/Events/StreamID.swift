/// The ID of an entry in a stream.
struct StreamID: Comparable {
    let time: UInt64
    /// Among entries of the same time.
    let count: UInt64

    private init(_ time: UInt64, _ count: UInt64) { (self.time, self.count) = (time, count) }

    /// - Parameter bytes: as the server writes it; nil for anything else.
    init?(_ bytes: [UInt8]) {
        let parts = String(decoding: bytes, as: UTF8.self).split(separator: "-")
        guard parts.count == 2, let time = UInt64(parts[0]), let count = UInt64(parts[1]) else { return nil }
        self.init(time, count)
    }

    static func < (left: StreamID, right: StreamID) -> Bool {
        (left.time, left.count) < (right.time, right.count)
    }

    /// As the server writes it.
    var bytes: [UInt8] { Array("\(time)-\(count)".utf8) }

    /// The least ID that is greater; nil if there is none.
    var following: StreamID? {
        if count < .max { return StreamID(time, count + 1) }
        return time < .max ? StreamID(time + 1, 0) : nil
    }

    /// The greatest ID that is less; the same if there is none.
    var preceding: StreamID {
        if count > 0 { return StreamID(time, count - 1) }
        return time > 0 ? StreamID(time - 1, .max) : self
    }
}
