/// Why bytes are refused by a scan that reads messages.
protocol WireFailure: Error {
    /// They are not a message, or nested deeper than a reader follows.
    static var malformed: Self { get }
}

/// Fields of an entry of a map, which is a message.
enum WireMapEntry {
    static let key: UInt32 = 1
    static let value: UInt32 = 2
}

/// A place in a message of the protobuf encoding; never leaves the message.
struct WireReader<Failure: WireFailure> {
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
    private static var maximumVarintLength: Int { 10 }
    private static var maximumKeyLength: Int { 5 }
    /// The depth at which the usual readers stop.
    static var maximumDepth: Int { 100 }

    private(set) var position: Int
    let end: Int

    /// The next field's key; nil at the end of the message.
    mutating func nextField(_ bytes: Span<UInt8>) throws(Failure) -> Field? {
        guard position < end else { return nil }
        let start = position
        let key = try nextVarint(bytes).value
        guard position - start <= Self.maximumKeyLength, let key = UInt32(exactly: key),
            let kind = Kind(rawValue: key & 7), key >> 3 > 0
        else { throw .malformed }
        return Field(number: key >> 3, kind: kind)
    }

    /// The next number.
    mutating func nextVarint(_ bytes: Span<UInt8>) throws(Failure) -> Varint {
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

    /// Adds the numbers of a list, which come one by one or all in one field.
    mutating func readIntegers(
        _ list: inout [Int64], _ field: Field, _ bytes: Span<UInt8>
    ) throws(Failure) {
        if field.kind == .varint {
            list.append(try nextInteger(bytes))
            return
        }
        let range = try nextRange(of: field, bytes)
        var inner = WireReader(position: range.lowerBound, end: range.upperBound)
        while inner.position < inner.end { list.append(try inner.nextInteger(bytes)) }
    }

    /// The next number, with a sign.
    mutating func nextInteger(_ bytes: Span<UInt8>) throws(Failure) -> Int64 {
        Int64(bitPattern: try nextVarint(bytes).value)
    }

    /// The place of the next value that comes with its length; moves behind it.
    mutating func nextRange(_ bytes: Span<UInt8>) throws(Failure) -> Range<Int> {
        guard let length = Int(exactly: try nextVarint(bytes).value) else { throw .malformed }
        let start = position
        try advance(by: length)
        return start..<position
    }

    /// Moves behind a value of known length.
    mutating func advance(by length: Int) throws(Failure) {
        guard length <= end - position else { throw .malformed }
        position += length
    }

    /// The place of a field's message or text, which a writer always gives by its length; whoever gives it
    /// otherwise hides something.
    mutating func nextRange(of field: Field, _ bytes: Span<UInt8>) throws(Failure) -> Range<Int> {
        guard field.kind == .lengthDelimited else { throw .malformed }
        return try nextRange(bytes)
    }

    /// Moves behind a field's value.
    mutating func skip(_ field: Field, _ bytes: Span<UInt8>, depth: Int) throws(Failure) {
        switch field.kind {
        case .varint: _ = try nextVarint(bytes)
        case .fixed64: try advance(by: 8)
        case .fixed32: try advance(by: 4)
        case .lengthDelimited: _ = try nextRange(bytes)
        case .groupStart: try skipGroup(field.number, bytes, depth: depth + 1)
        case .groupEnd: throw .malformed
        }
    }

    /// Moves to the end of an unknown field that is written as a group.
    private mutating func skipGroup(
        _ number: UInt32, _ bytes: Span<UInt8>, depth: Int
    ) throws(Failure) {
        guard depth <= Self.maximumDepth else { throw .malformed }
        while let field = try nextField(bytes) {
            guard field.kind == .groupEnd else {
                try skip(field, bytes, depth: depth)
                continue
            }
            guard field.number == number else { throw .malformed }
            return
        }
        throw .malformed
    }
}
