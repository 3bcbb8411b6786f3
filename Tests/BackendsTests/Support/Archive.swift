/// A zip file without compression, taken apart so that tests can change what is in it: what is put together
/// again has right checksums.
struct Archive {
    struct Record {
        var name: String
        var content: [UInt8]
        /// What the file says of its size, if not the truth; it then also says that it is compressed.
        var claimedByteCount: Int?
    }

    struct NotAnArchive: Error {}

    private(set) var records: [Record] = []

    /// Reads a file that `make_torch_models.py` has written.
    init(_ bytes: [UInt8]) throws {
        guard bytes.count > 22, Self.number(bytes, bytes.count - 22, 4) == 0x0605_4B50 else {
            throw NotAnArchive()
        }
        var place = Self.number(bytes, bytes.count - 6, 4)
        for _ in 0..<Self.number(bytes, bytes.count - 12, 2) {
            guard Self.number(bytes, place + 10, 2) == 0 else { throw NotAnArchive() }
            let byteCount = Self.number(bytes, place + 20, 4)
            let nameCount = Self.number(bytes, place + 28, 2)
            let rest = Self.number(bytes, place + 30, 2) + Self.number(bytes, place + 32, 2)
            let header = Self.number(bytes, place + 42, 4)
            let name = String(decoding: bytes[(place + 46)..<(place + 46 + nameCount)], as: UTF8.self)
            let start = header + 30 + Self.number(bytes, header + 26, 2) + Self.number(bytes, header + 28, 2)
            records.append(Record(name: name, content: Array(bytes[start..<(start + byteCount)])))
            place += 46 + nameCount + rest
        }
    }

    /// Changes the content of the record whose name ends so.
    mutating func edit(_ name: String, _ body: (inout [UInt8]) throws -> Void) throws {
        guard let index = records.firstIndex(where: { $0.name.hasSuffix("/\(name)") }) else {
            throw NotAnArchive()
        }
        try body(&records[index].content)
    }

    /// Has the file say that a record is larger than it is.
    mutating func claim(_ name: String, byteCount: Int) {
        for index in records.indices where records[index].name.hasSuffix("/\(name)") {
            records[index].claimedByteCount = byteCount
        }
    }

    /// Changes up to eight bytes of one record.
    mutating func change(_ random: inout SplitMix) {
        let index = Int(random.next() % UInt64(records.count))
        guard !records[index].content.isEmpty else { return }
        for _ in 0..<1 + random.next() % 8 {
            let place = Int(random.next() % UInt64(records[index].content.count))
            records[index].content[place] = UInt8(truncatingIfNeeded: random.next())
        }
    }

    /// The file.
    var bytes: [UInt8] {
        var file: [UInt8] = []
        var directory: [UInt8] = []
        for record in records {
            let name = Array(record.name.utf8)
            let isClaimed = record.claimedByteCount != nil
            // Version, flags, method, time and date; then the checksum and both sizes.
            let facts =
                Self.bytes(of: 20, 2) + Self.bytes(of: 0, 2) + Self.bytes(of: isClaimed ? 8 : 0, 2)
                + Self.bytes(of: 0, 4) + Self.bytes(of: Self.checksum(record.content), 4)
                + Self.bytes(of: record.content.count, 4)
                + Self.bytes(of: record.claimedByteCount ?? record.content.count, 4)
                + Self.bytes(of: name.count, 2)
            directory += Self.bytes(of: 0x0201_4B50, 4) + Self.bytes(of: 20, 2) + facts
            directory += Self.bytes(of: 0, 12) + Self.bytes(of: file.count, 4) + name
            file += Self.bytes(of: 0x0403_4B50, 4) + facts + Self.bytes(of: 0, 2) + name + record.content
        }
        let start = file.count
        file += directory + Self.bytes(of: 0x0605_4B50, 4) + Self.bytes(of: 0, 4)
        file += Self.bytes(of: records.count, 2) + Self.bytes(of: records.count, 2)
        file += Self.bytes(of: directory.count, 4) + Self.bytes(of: start, 4) + Self.bytes(of: 0, 2)
        return file
    }

    private static func number(_ bytes: [UInt8], _ place: Int, _ count: Int) -> Int {
        (0..<count).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) }
    }

    private static func bytes(of number: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { $0 < 8 ? UInt8(truncatingIfNeeded: number >> (8 * $0)) : 0 }
    }

    /// The CRC-32 that zip files use.
    private static func checksum(_ content: [UInt8]) -> Int {
        var sum: UInt32 = 0xFFFF_FFFF
        for byte in content {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? (sum >> 1) ^ 0xEDB8_8320 : sum >> 1 }
        }
        return Int(~sum)
    }
}
