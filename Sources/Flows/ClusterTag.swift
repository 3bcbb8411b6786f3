/// Tags by which keys belong to a certain slot of a cluster.
struct ClusterTag {
    private static let slotCount = 16_384

    /// The last that was asked for: to find one takes some milliseconds at most, and slots rarely move.
    private var last: (slot: Int, tag: String)?

    /// A text whose slot is this one: the least number that has it.
    mutating func tag(of slot: Int) -> String {
        if let last, last.slot == slot { return last.tag }
        let tag = Self.tag(of: slot)
        last = (slot, tag)
        return tag
    }

    private static func tag(of slot: Int) -> String {
        var number = 0
        // Each slot has a number below a million, as can be counted.
        while self.slot(of: Array("\(number)".utf8)) != slot, number < 1_000_000 { number += 1 }
        return "\(number)"
    }

    /// The slot of a key without a tag: CRC16 (XMODEM) by the number of slots.
    private static func slot(of key: [UInt8]) -> Int {
        var crc: UInt16 = 0
        for byte in key {
            crc ^= UInt16(byte) << 8
            for _ in 0..<8 { crc = crc & 0x8000 != 0 ? crc << 1 ^ 0x1021 : crc << 1 }
        }
        return Int(crc) % slotCount
    }
}
