/// A place in a message of the protobuf encoding; never leaves the message.
struct WireReader {
    /// How a field's value is written.
    enum Kind: UInt32 {
        case varint = 0
        case fixed64 = 1
        case lengthDelimited = 2
        case groupStart = 3
        case groupEnd = 4
        case fixed32 = 5
    }

    struct Field {
        let number: UInt32
        let kind: Kind
    }

    struct Varint {
        /// The lower 64 bits.
        let value: UInt64
        /// Whether no bit at all was set, those beyond 64 included.
        let isZero: Bool
    }

    /// The longest number that readers take, in bytes; of a key, which has 32 bits.
    private static let maximumVarintLength = 10
    private static let maximumKeyLength = 5

    private(set) var position: Int
    let end: Int

    /// The next field's key; nil at the end of the message.
    mutating func nextField(_ bytes: Span<UInt8>) throws(ONNXModelScan.Refusal) -> Field? {
        guard position < end else { return nil }
        let start = position
        let key = try nextVarint(bytes).value
        guard position - start <= Self.maximumKeyLength, let key = UInt32(exactly: key),
            let kind = Kind(rawValue: key & 7), key >> 3 > 0
        else { throw .malformed }
        return Field(number: key >> 3, kind: kind)
    }

    /// The next number.
    mutating func nextVarint(_ bytes: Span<UInt8>) throws(ONNXModelScan.Refusal) -> Varint {
        var value: UInt64 = 0
        var bits: UInt8 = 0
        for length in 0..<Self.maximumVarintLength {
            guard position < end else { throw .malformed }
            let byte = bytes[position]
            position += 1
            value |= UInt64(byte & 0x7F) << UInt64(7 * length)
            bits |= byte & 0x7F
            if byte < 0x80 { return Varint(value: value, isZero: bits == 0) }
        }
        throw .malformed
    }

    /// The place of the next value that comes with its length; moves behind it.
    mutating func nextRange(_ bytes: Span<UInt8>) throws(ONNXModelScan.Refusal) -> Range<Int> {
        guard let length = Int(exactly: try nextVarint(bytes).value) else { throw .malformed }
        let start = position
        try advance(by: length)
        return start..<position
    }

    /// Moves behind a value of known length.
    mutating func advance(by length: Int) throws(ONNXModelScan.Refusal) {
        guard length <= end - position else { throw .malformed }
        position += length
    }
}
