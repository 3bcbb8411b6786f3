/// A place in a message of the protobuf encoding; never leaves the message.
///
/// Public, and so is what it is made of: of another target, the compiler specializes generic types only if
/// they are, and scans make a step for each field.
public struct WireReader<Failure: WireFailure> {
    /// The longest number that readers take, in bytes; of a key, which has 32 bits.
    private static var maximumVarintLength: Int { 10 }
    private static var maximumKeyLength: Int { 5 }
    /// The depth at which the usual readers stop.
    public static var maximumDepth: Int { 100 }

    public private(set) var position: Int
    public let end: Int

    public init(position: Int, end: Int) {
        self.position = position
        self.end = end
    }

    /// The next field's key; nil at the end of the message.
    public mutating func nextField(_ bytes: Span<UInt8>) throws(Failure) -> WireField? {
        guard position < end else { return nil }
        let start = position
        let key = try nextVarint(bytes).value
        guard position - start <= Self.maximumKeyLength, let key = UInt32(exactly: key),
            let kind = WireKind(rawValue: key & 7), key >> 3 > 0
        else { throw .malformed }
        return WireField(number: key >> 3, kind: kind)
    }

    /// The next number.
    public mutating func nextVarint(_ bytes: Span<UInt8>) throws(Failure) -> WireVarint {
        var value: UInt64 = 0
        var bits: UInt8 = 0
        for length in 0..<Self.maximumVarintLength {
            guard position < end else { throw .malformed }
            let byte = bytes[position]
            position += 1
            value |= UInt64(byte & 0x7F) << UInt64(7 * length)
            bits |= byte & 0x7F
            if byte < 0x80 { return WireVarint(value: value, isZero: bits == 0) }
        }
        throw .malformed
    }

    /// Adds the numbers of a list, which come one by one or all in one field.
    public mutating func readIntegers(
        _ list: inout [Int64], _ field: WireField, _ bytes: Span<UInt8>
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
    public mutating func nextInteger(_ bytes: Span<UInt8>) throws(Failure) -> Int64 {
        Int64(bitPattern: try nextVarint(bytes).value)
    }

    /// The place of the next value that comes with its length; moves behind it.
    public mutating func nextRange(_ bytes: Span<UInt8>) throws(Failure) -> Range<Int> {
        guard let length = Int(exactly: try nextVarint(bytes).value) else { throw .malformed }
        let start = position
        try advance(by: length)
        return start..<position
    }

    /// Moves behind a value of known length.
    public mutating func advance(by length: Int) throws(Failure) {
        guard length <= end - position else { throw .malformed }
        position += length
    }

    /// The place of a field's message or text, which a writer always gives by its length; whoever gives it
    /// otherwise hides something.
    public mutating func nextRange(of field: WireField, _ bytes: Span<UInt8>) throws(Failure) -> Range<Int> {
        guard field.kind == .lengthDelimited else { throw .malformed }
        return try nextRange(bytes)
    }

    /// Moves behind a field's value.
    public mutating func skip(_ field: WireField, _ bytes: Span<UInt8>, depth: Int) throws(Failure) {
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
