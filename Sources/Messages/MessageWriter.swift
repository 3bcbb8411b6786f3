/// Writes messages, one behind the other, each with its length.
///
/// The values of a message follow `begin`, those that hold others first; the writer counts nothing, so
/// `tuple(2)` is followed by two values. A message of some short values takes a fraction of a microsecond.
public struct MessageWriter: Sendable {
    /// What was written and not taken away, an open message included.
    public private(set) var buffer: [UInt8] = []
    /// Where the length of the open message lies; nil between messages.
    private var start: Int?
    /// What the open message would have, if that is too long; nothing of it is kept then.
    private var excessByteCount: Int?
    private let byteLimit: Int

    /// - Parameter byteLimit: of a message, without its length.
    public init(byteLimit: Int = MessageLimits.byteCount) { self.byteLimit = byteLimit }

    // MARK: Messages

    /// Begins a message.
    /// - Precondition: the one before it has ended.
    public mutating func begin() {
        precondition(start == nil, "a message begins within another")
        start = buffer.count
        buffer.append(addingCapacity: MessageLimits.prefixByteCount) { span in
            span.append(repeating: 0, count: MessageLimits.prefixByteCount)
        }
    }

    /// Ends the message. If it is too long, the bytes are as they were before it.
    public mutating func finish() throws(MessageError) {
        guard let start else { preconditionFailure("a message ends that has not begun") }
        if let excessByteCount {
            cancel()
            throw .tooLong(byteCount: excessByteCount)
        }
        let length = UInt32(buffer.count - start - MessageLimits.prefixByteCount)
        for index in 0..<MessageLimits.prefixByteCount {
            buffer[start + index] = UInt8(truncatingIfNeeded: length >> UInt32(8 * index))
        }
        self.start = nil
    }

    /// Takes the open message back.
    public mutating func cancel() {
        guard let start else { preconditionFailure("a message is taken back that has not begun") }
        buffer.removeSubrange(start...)
        self.start = nil
        excessByteCount = nil
    }

    // MARK: Values

    /// Python's `None`.
    public mutating func none() { write(MessageCode.none) }

    /// A truth value.
    public mutating func bool(_ value: Bool) { write(value ? MessageCode.yes : MessageCode.no) }

    /// An integer, in the form that Python chooses for it.
    public mutating func integer(_ value: Int) {
        if let short = Int32(exactly: value) {
            write(MessageCode.integer, UInt32(bitPattern: short))
        } else {
            long(value)
        }
    }

    /// A `float`.
    public mutating func real(_ value: Double) {
        guard haveRoom(for: 9) else { return }
        buffer.append(addingCapacity: 9) { span in
            span.append(MessageCode.real)
            for index in 0..<8 {
                span.append(UInt8(truncatingIfNeeded: value.bitPattern >> UInt64(8 * index)))
            }
        }
    }

    /// Bytes, copied once.
    public mutating func bytes(_ value: Span<UInt8>) {
        guard begin(MessageCode.bytes, count: value.count) else { return }
        // Safety: the bytes are read before the span ends.
        unsafe value.withUnsafeBufferPointer { unsafe buffer.append(contentsOf: $0) }
    }

    /// The same.
    public mutating func bytes(_ value: RawSpan) {
        guard begin(MessageCode.bytes, count: value.byteCount) else { return }
        // Safety: the bytes are read before the span ends.
        unsafe value.withUnsafeBytes { unsafe buffer.append(contentsOf: $0) }
    }

    /// The same.
    public mutating func bytes(_ value: ArraySlice<UInt8>) {
        guard begin(MessageCode.bytes, count: value.count) else { return }
        buffer.append(contentsOf: value)
    }

    /// The same.
    public mutating func bytes(_ value: [UInt8]) { bytes(value[...]) }

    /// The bytes of a text in UTF-8, which Python gets as `bytes`.
    public mutating func bytes(_ value: String) { write(value, as: MessageCode.bytes) }

    /// A text, which Python gets as `str`.
    public mutating func text(_ value: String) { write(value, as: MessageCode.text) }

    /// Begins a tuple; its items follow.
    public mutating func tuple(_ count: Int) { _ = begin(MessageCode.tuple, count: count, byteCount: 0) }

    /// Begins a list; its items follow.
    public mutating func list(_ count: Int) { _ = begin(MessageCode.list, count: count, byteCount: 0) }

    /// Begins a dict; keys and values follow by turns, and then `endDictionary`.
    public mutating func beginDictionary() { write(MessageCode.dict) }

    /// Ends the dict that began last.
    public mutating func endDictionary() { write(MessageCode.end) }

    /// Any value, with those that it holds.
    public mutating func value(_ value: MessageValue) {
        switch value {
        case .none: none()
        case .bool(let value): bool(value)
        case .integer(let value): integer(value)
        case .real(let value): real(value)
        case .bytes(let value): bytes(value)
        case .text(let value): text(value)
        case .tuple(let items):
            tuple(items.count)
            for item in items { self.value(item) }
        case .list(let items):
            list(items.count)
            for item in items { self.value(item) }
        case .dict(let pairs):
            beginDictionary()
            for pair in pairs {
                self.value(pair.key)
                self.value(pair.value)
            }
            endDictionary()
        }
    }

    // MARK: For the outbox

    /// Takes away what has been sent. Costs a copy of the rest.
    mutating func removeFirst(_ count: Int) { buffer.removeFirst(count) }

    /// Takes everything away; a buffer that has become long is given back.
    mutating func removeAll(keeping capacity: Int) {
        buffer.removeAll(keepingCapacity: buffer.capacity <= capacity)
    }

    // MARK: Parts of values

    /// Digits of 15 bits, the lowest first.
    private mutating func long(_ value: Int) {
        let magnitude = UInt64(value.magnitude)
        let bitCount = UInt64.bitWidth - magnitude.leadingZeroBitCount
        let count = (bitCount + MessageCode.digitBitCount - 1) / MessageCode.digitBitCount
        let signedCount = Int32(value < 0 ? -count : count)
        guard haveRoom(for: 5 + 2 * count) else { return }
        write(MessageCode.long, UInt32(bitPattern: signedCount))
        buffer.append(addingCapacity: 2 * count) { span in
            for index in 0..<count {
                let digit = magnitude >> UInt64(index * MessageCode.digitBitCount) & 0x7FFF
                span.append(UInt8(truncatingIfNeeded: digit))
                span.append(UInt8(digit >> 8))
            }
        }
    }

    private mutating func write(_ text: String, as code: UInt8) {
        guard begin(code, count: text.utf8.count) else { return }
        buffer.append(contentsOf: text.utf8)
    }

    /// Writes the code and the number of bytes of a value, if these have room as well.
    private mutating func begin(_ code: UInt8, count: Int) -> Bool {
        begin(code, count: count, byteCount: count)
    }

    private mutating func begin(_ code: UInt8, count: Int, byteCount: Int) -> Bool {
        guard haveRoom(for: 5, byteCount) else { return false }
        append(code, UInt32(count))
        return true
    }

    private mutating func write(_ code: UInt8) {
        if haveRoom(for: 1) { buffer.append(code) }
    }

    private mutating func write(_ code: UInt8, _ number: UInt32) {
        if haveRoom(for: 5) { append(code, number) }
    }

    @inline(__always)
    private mutating func append(_ code: UInt8, _ number: UInt32) {
        buffer.append(addingCapacity: 5) { span in
            span.append(code)
            span.append(UInt8(truncatingIfNeeded: number))
            span.append(UInt8(truncatingIfNeeded: number >> 8))
            span.append(UInt8(truncatingIfNeeded: number >> 16))
            span.append(UInt8(truncatingIfNeeded: number >> 24))
        }
    }

    /// Whether the message may grow so far. Once it may not, nothing more of it is written.
    @inline(__always)
    private mutating func haveRoom(for headCount: Int, _ byteCount: Int = 0) -> Bool {
        guard let start else { preconditionFailure("a value is written outside of a message") }
        guard excessByteCount == nil else { return false }
        let length = buffer.count - start - MessageLimits.prefixByteCount + headCount + byteCount
        guard length > byteLimit else { return true }
        excessByteCount = length
        return false
    }
}
