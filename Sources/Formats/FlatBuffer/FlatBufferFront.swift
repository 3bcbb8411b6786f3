/// Writes new tables in front of an older flatbuffer, which stays as it is and is used by them.
///
/// Whatever refers to something lies before it, as the format wants it, so what is new has to come first.
package struct FlatBufferFront {
    /// Keeps what is aligned in the older buffer aligned.
    package static let alignment = 64

    /// What comes before the older buffer.
    package private(set) var bytes: [UInt8]
    /// Fields that refer to places of the older buffer.
    private var references: [(field: Int, older: Int)] = []
    /// What is to be written behind the fields that refer to it.
    private var pending: [(field: Int, value: FlatBufferValue)] = []

    /// - Parameters:
    ///   - root: a table.
    ///   - mark: the four bytes by which the format is known.
    /// - Throws: if it all becomes longer than `limit` together with the older buffer.
    package init(
        _ root: FlatBufferValue, mark: [UInt8], olderCount: Int, limit: Int
    ) throws(FlatBufferMalformed) {
        bytes = [0, 0, 0, 0] + mark
        pending = [(0, root)]
        var next = 0
        while next < pending.count {
            let (field, value) = pending[next]
            pending[next].value = .byte(0)
            next += 1
            let place = write(value)
            put(place - field, at: field)
        }
        pending = []
        align(to: Self.alignment)
        guard bytes.count <= limit - olderCount else { throw FlatBufferMalformed() }
        for (field, older) in references { put(bytes.count + older - field, at: field) }
        references = []
    }

    /// Writes something that is referred to; returns where.
    private mutating func write(_ value: FlatBufferValue) -> Int {
        align(to: 4)
        switch value {
        case .byte, .number, .older: preconditionFailure("only what is referred to is written here")
        case .text(let text):
            let place = append(text.count)
            bytes += text + [0]
            return place
        case .list(let values):
            let place = append(values.count)
            for value in values { appendField(value) }
            return place
        case .table(let fields): return writeTable(fields)
        }
    }

    private mutating func writeTable(_ fields: [Int: FlatBufferValue]) -> Int {
        let numbers = fields.keys.sorted()
        let entryCount = (numbers.last ?? -1) + 1
        let list = bytes.count
        append16(4 + 2 * entryCount)
        append16(4 + 4 * numbers.count)
        for number in 0..<entryCount { append16(numbers.firstIndex(of: number).map { 4 + 4 * $0 } ?? 0) }
        align(to: 4)
        let place = append(bytes.count - list)
        for number in numbers { if let value = fields[number] { appendField(value) } }
        return place
    }

    /// Appends four bytes: the value itself, or what will refer to it.
    private mutating func appendField(_ value: FlatBufferValue) {
        switch value {
        case .byte(let byte): append(Int(byte))
        case .number(let number): append(Int(UInt32(bitPattern: number)))
        case .older(let older): references.append((append(0), older))
        case .text, .list, .table: pending.append((append(0), value))
        }
    }

    @discardableResult
    private mutating func append(_ number: Int) -> Int {
        bytes += [0, 0, 0, 0]
        put(number, at: bytes.count - 4)
        return bytes.count - 4
    }

    private mutating func append16(_ number: Int) {
        bytes.append(UInt8(truncatingIfNeeded: number))
        bytes.append(UInt8(truncatingIfNeeded: number >> 8))
    }

    private mutating func put(_ number: Int, at place: Int) {
        for index in 0..<4 { bytes[place + index] = UInt8(truncatingIfNeeded: number >> (8 * index)) }
    }

    private mutating func align(to width: Int) {
        while bytes.count % width != 0 { bytes.append(0) }
    }
}
