/// Reads one message, which may come from a stranger.
///
/// Nothing is allocated that the bytes cannot fill: each count is compared with the bytes that are left, and
/// taken from the values that a message may still have, before there is an array for so many.
public struct MessageReader: ~Copyable {
    private let body: [UInt8]
    private var position = 0
    /// Values that may still come, without those that were announced by the counts read so far.
    private var valuesLeft = MessageLimits.valueCount

    private init(_ body: [UInt8]) { self.body = body }

    /// The value that a message consists of.
    /// - Parameter body: the message without its length. The bytes in the value are slices of it.
    public static func value(of body: [UInt8]) throws(MessageError) -> MessageValue {
        guard body.count <= MessageLimits.byteCount else { throw .tooLong(byteCount: body.count) }
        var reader = MessageReader(body)
        try reader.reserve(1)
        let value = try reader.nextValue(depth: 0)
        guard reader.bytesLeft == 0 else { throw .bytesBehindValue(byteCount: reader.bytesLeft) }
        return value
    }

    private var bytesLeft: Int { body.count - position }

    /// The next value, which has been reserved.
    /// - Parameter depth: the number of values that it lies in.
    private mutating func nextValue(depth: Int) throws(MessageError) -> MessageValue {
        switch try nextByte() {
        case MessageCode.none: return .none
        case MessageCode.yes: return .bool(true)
        case MessageCode.no: return .bool(false)
        case MessageCode.integer: return .integer(try nextInt32())
        case MessageCode.long: return .integer(try nextLong())
        case MessageCode.real: return .real(try nextReal())
        case MessageCode.bytes: return .bytes(body[try nextRange()])
        case MessageCode.text: return .text(try nextText())
        case MessageCode.tuple: return .tuple(try nextItems(depth: depth + 1))
        case MessageCode.list: return .list(try nextItems(depth: depth + 1))
        case MessageCode.dict: return .dict(try nextPairs(depth: depth + 1))
        case let code: throw .unknownCode(code)
        }
    }

    // MARK: Values that hold others

    private mutating func nextItems(depth: Int) throws(MessageError) -> [MessageValue] {
        guard depth <= MessageLimits.depth else { throw .tooDeep }
        let count = try nextCount()
        try reserve(count)
        var items: [MessageValue] = []
        items.reserveCapacity(count)
        for _ in 0..<count { items.append(try nextValue(depth: depth)) }
        return items
    }

    private mutating func nextPairs(
        depth: Int
    ) throws(MessageError) -> [(key: MessageValue, value: MessageValue)] {
        guard depth <= MessageLimits.depth else { throw .tooDeep }
        var pairs: [(key: MessageValue, value: MessageValue)] = []
        while true {
            guard position < body.count else { throw .truncated }
            if body[position] == MessageCode.end { break }
            try reserve(2)
            let key = try nextValue(depth: depth)
            pairs.append((key, try nextValue(depth: depth)))
        }
        position += 1
        return pairs
    }

    /// Takes values from those that may still come.
    private mutating func reserve(_ count: Int) throws(MessageError) {
        guard count <= valuesLeft else { throw .tooManyValues }
        valuesLeft -= count
    }

    // MARK: Other values

    /// At most five digits, the highest of which is not zero.
    private mutating func nextLong() throws(MessageError) -> Int {
        let signedCount = try nextInt32()
        let count = signedCount.magnitude
        guard count <= MessageCode.digitCount else { throw .invalidInteger }
        var magnitude: UInt64 = 0
        var digit: UInt64 = 1
        for index in 0..<Int(count) {
            digit = UInt64(try nextByte()) | UInt64(try nextByte()) << 8
            let shift = UInt64(index * MessageCode.digitBitCount)
            guard digit >> UInt64(MessageCode.digitBitCount) == 0, (digit << shift) >> shift == digit
            else { throw .invalidInteger }
            magnitude |= digit << shift
        }
        guard digit != 0 else { throw .invalidInteger }
        if signedCount >= 0 {
            guard let value = Int(exactly: magnitude) else { throw .invalidInteger }
            return value
        }
        guard magnitude <= Int.min.magnitude else { throw .invalidInteger }
        return Int(truncatingIfNeeded: 0 &- magnitude)
    }

    private mutating func nextReal() throws(MessageError) -> Double {
        let low = UInt64(try nextUInt32())
        return Double(bitPattern: low | UInt64(try nextUInt32()) << 32)
    }

    private mutating func nextText() throws(MessageError) -> String {
        guard let text = String(validating: body[try nextRange()], as: UTF8.self) else { throw .invalidText }
        return text
    }

    // MARK: Parts of values

    /// The place of bytes that come with their number.
    private mutating func nextRange() throws(MessageError) -> Range<Int> {
        let count = try nextCount()
        let start = position
        position += count
        return start..<position
    }

    /// A number of things that take a byte each at least.
    private mutating func nextCount() throws(MessageError) -> Int {
        let count = try nextInt32()
        guard count >= 0, count <= bytesLeft else { throw .invalidCount(count) }
        return count
    }

    private mutating func nextInt32() throws(MessageError) -> Int {
        Int(Int32(bitPattern: try nextUInt32()))
    }

    private mutating func nextUInt32() throws(MessageError) -> UInt32 {
        guard bytesLeft >= 4 else { throw .truncated }
        let low = UInt32(body[position]) | UInt32(body[position + 1]) << 8
        let high = UInt32(body[position + 2]) | UInt32(body[position + 3]) << 8
        position += 4
        return low | high << 16
    }

    private mutating func nextByte() throws(MessageError) -> UInt8 {
        guard position < body.count else { throw .truncated }
        let byte = body[position]
        position += 1
        return byte
    }
}
