/// Reads a flatbuffer without going beyond its end.
///
/// Little-endian. A table is known by where it begins, a field by its number in the schema.
extension Span<UInt8> {
    // MARK: Numbers

    package func unsigned8(at place: Int) throws(FlatBufferMalformed) -> Int {
        guard place >= 0, place < count else { throw FlatBufferMalformed() }
        return Int(self[place])
    }

    package func unsigned32(at place: Int) throws(FlatBufferMalformed) -> UInt32 {
        guard place >= 0, place <= count - 4 else { throw FlatBufferMalformed() }
        return (0..<4).reduce(0) { $0 | UInt32(self[place + $1]) << (8 * UInt32($1)) }
    }

    package func signed32(at place: Int) throws(FlatBufferMalformed) -> Int {
        Int(Int32(bitPattern: try unsigned32(at: place)))
    }

    package func unsigned64(at place: Int) throws(FlatBufferMalformed) -> UInt64 {
        let low = try unsigned32(at: place)
        let high = try unsigned32(at: place + 4)
        return UInt64(high) << 32 | UInt64(low)
    }

    package func float32(at place: Int) throws(FlatBufferMalformed) -> Float {
        Float(bitPattern: try unsigned32(at: place))
    }

    // MARK: Tables

    /// The table that the buffer is about.
    package func root() throws(FlatBufferMalformed) -> Int { try target(of: 0) }

    /// Where a field of a table lies; nil if the table does not have it.
    package func field(_ number: Int, of table: Int) throws(FlatBufferMalformed) -> Int? {
        let list = table - (try signed32(at: table))
        guard list >= 0 else { throw FlatBufferMalformed() }
        let entry = 4 + 2 * number
        guard entry + 2 <= (try unsigned16(at: list)) else { return nil }
        let offset = try unsigned16(at: list + entry)
        return offset == 0 ? nil : table + offset
    }

    /// The number that counts something from 0 in a field; 0 if the table does not have it.
    package func index(_ number: Int, of table: Int) throws(FlatBufferMalformed) -> Int {
        guard let place = try field(number, of: table) else { return 0 }
        return Int(try unsigned32(at: place))
    }

    /// The table, or whatever else, that a field refers to; nil if the table does not have the field.
    package func table(_ number: Int, of table: Int) throws(FlatBufferMalformed) -> Int? {
        guard let place = try field(number, of: table) else { return nil }
        return try target(of: place)
    }

    /// The vector, or the text, that a field refers to; nil if the table does not have the field.
    package func vector(_ number: Int, of table: Int, width: Int) throws(FlatBufferMalformed)
        -> FlatBufferVector?
    {
        guard let place = try field(number, of: table) else { return nil }
        let start = try target(of: place)
        let elementCount = Int(try unsigned32(at: start))
        guard elementCount <= (count - start - 4) / width else { throw FlatBufferMalformed() }
        return FlatBufferVector(start: start + 4, count: elementCount)
    }

    /// The tables in a vector that a field refers to; none if the table does not have the field.
    package func tables(_ number: Int, of table: Int) throws(FlatBufferMalformed) -> [Int] {
        guard let vector = try vector(number, of: table, width: 4) else { return [] }
        var tables: [Int] = []
        for index in 0..<vector.count { tables.append(try target(of: vector.start + 4 * index)) }
        return tables
    }

    /// The numbers in a vector that a field refers to; none if the table does not have the field.
    package func numbers(_ number: Int, of table: Int) throws(FlatBufferMalformed) -> [Int] {
        guard let vector = try vector(number, of: table, width: 4) else { return [] }
        var numbers: [Int] = []
        for index in 0..<vector.count { numbers.append(try signed32(at: vector.start + 4 * index)) }
        return numbers
    }

    /// The bytes of a text that a field refers to; nil if the table does not have the field.
    package func text(_ number: Int, of table: Int) throws(FlatBufferMalformed) -> [UInt8]? {
        guard let vector = try vector(number, of: table, width: 1) else { return nil }
        return (vector.start..<vector.start + vector.count).map { self[$0] }
    }

    private func unsigned16(at place: Int) throws(FlatBufferMalformed) -> Int {
        Int(try unsigned8(at: place)) | Int(try unsigned8(at: place + 1)) << 8
    }

    private func target(of place: Int) throws(FlatBufferMalformed) -> Int {
        let target = place + Int(try unsigned32(at: place))
        guard target <= count - 4 else { throw FlatBufferMalformed() }
        return target
    }
}
