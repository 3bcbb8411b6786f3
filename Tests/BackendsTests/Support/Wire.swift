/// Writes the protobuf encoding by hand, also in ways that no library writes.
enum Wire {
    /// A number in groups of seven bits; `padding` adds groups that carry zeros only.
    static func varint(_ number: UInt64, padding: Int = 0) -> [UInt8] {
        var groups: [UInt8] = []
        var rest = number
        repeat {
            groups.append(UInt8(rest & 0x7F))
            rest >>= 7
        } while rest > 0
        groups += [UInt8](repeating: 0, count: padding)
        return groups.dropLast().map { $0 | 0x80 } + groups.suffix(1)
    }

    static func key(_ field: UInt64, _ kind: UInt64, padding: Int = 0) -> [UInt8] {
        varint(field << 3 | kind, padding: padding)
    }

    static func number(_ field: UInt64, _ value: UInt64) -> [UInt8] { key(field, 0) + varint(value) }

    static func message(_ field: UInt64, _ content: [UInt8]) -> [UInt8] {
        key(field, 2) + varint(UInt64(content.count)) + content
    }

    static func group(_ field: UInt64, _ content: [UInt8]) -> [UInt8] {
        key(field, 3) + content + key(field, 4)
    }
}
