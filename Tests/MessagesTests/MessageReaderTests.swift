import Testing

@testable import Messages

/// What bytes mean, and which ones are refused.
@Suite struct MessageReaderTests {
    @Test func thereAreFixtures() {
        #expect(Fixture.all.count { $0.sender == "server" } == 12)
        #expect(Fixture.all.count { $0.sender == "python" } == 16)
    }

    @Test(arguments: Fixture.all)
    func readsWhatPythonWrites(_ fixture: Fixture) throws {
        #expect(try MessageReader.value(of: fixture.body).pythonText == fixture.text)
    }

    @Test(arguments: Fixture.all)
    func refusesWhatIsCutOff(_ fixture: Fixture) {
        for count in fixture.body.indices {
            #expect(throws: MessageError.self, "\(count) bytes") {
                try MessageReader.value(of: Array(fixture.body.prefix(count)))
            }
        }
    }

    @Test(arguments: Fixture.all)
    func refusesWhatStandsBehind(_ fixture: Fixture) {
        #expect(throws: MessageError.bytesBehindValue(byteCount: 1)) {
            try MessageReader.value(of: fixture.body + [UInt8(ascii: "N")])
        }
    }

    @Test func bytesAreSlicesOfTheMessage() throws {
        let body = Array("s\u{3}\0\0\0abc".utf8)
        let bytes = try MessageReader.value(of: body).asBytes
        #expect(bytes == Array("abc".utf8)[...])
        #expect(bytes?.startIndex == 5)
    }

    static let integers: [(body: [UInt8], value: Int)] = [
        (Bytes.of("i", 0), 0),
        (Bytes.of("i", -1), -1),
        (Bytes.of("i", Int32.max), Int(Int32.max)),
        (Bytes.of("i", Int32.min), Int(Int32.min)),
        (Bytes.of("l", 0), 0),
        (Bytes.long(1, [1]), 1),
        (Bytes.long(-1, [0x7FFF]), -0x7FFF),
        (Bytes.long(3, [0, 0, 2]), 1 << 31),
        (Bytes.long(5, [0x7FFF, 0x7FFF, 0x7FFF, 0x7FFF, 7]), .max),
        (Bytes.long(-5, [0x7FFF, 0x7FFF, 0x7FFF, 0x7FFF, 7]), -.max),
        (Bytes.long(-5, [0, 0, 0, 0, 8]), .min),
    ]

    @Test(arguments: integers)
    func readsIntegers(_ body: [UInt8], _ value: Int) throws {
        #expect(try MessageReader.value(of: body) == .integer(value))
    }

    static let refused: [(body: [UInt8], error: MessageError)] = [
        ([], .truncated),
        (Array("0".utf8), .unknownCode(UInt8(ascii: "0"))),
        (Array("R\0\0\0\0".utf8), .unknownCode(UInt8(ascii: "R"))),
        (Array("t\0\0\0\0".utf8), .unknownCode(UInt8(ascii: "t"))),
        ([0xE9, 0, 0, 0, 0], .unknownCode(0xE9)),
        (Bytes.of("s", -1), .invalidCount(-1)),
        (Bytes.of("s", 1), .invalidCount(1)),
        (Bytes.of("u", Int32.max), .invalidCount(Int(Int32.max))),
        (Bytes.of("(", 1), .invalidCount(1)),
        (Bytes.of("[", -1), .invalidCount(-1)),
        (Bytes.of("[", Int32.max), .invalidCount(Int(Int32.max))),
        (Array("{".utf8), .truncated),
        (Array("{N".utf8), .truncated),
        (Array("{N0".utf8), .unknownCode(UInt8(ascii: "0"))),
        (Bytes.of("u", 1) + [0xFF], .invalidText),
        (Bytes.of("u", 3) + [0xED, 0xA0, 0x80], .invalidText),
        (Bytes.of("u", 2) + [0xC0, 0x80], .invalidText),
        (Bytes.long(1, [0]), .invalidInteger),
        (Bytes.long(1, [0x8000]), .invalidInteger),
        (Bytes.long(-2, [1, 0xFFFF]), .invalidInteger),
        (Bytes.long(5, [0, 0, 0, 0, 8]), .invalidInteger),
        (Bytes.long(-5, [1, 0, 0, 0, 8]), .invalidInteger),
        (Bytes.long(5, [0, 0, 0, 0, 16]), .invalidInteger),
        (Bytes.long(5, [0, 0, 0, 0, 0x7FFF]), .invalidInteger),
        (Bytes.long(6, [0, 0, 0, 0, 0, 1]), .invalidInteger),
        (Bytes.long(.max, [1]), .invalidInteger),
        (Bytes.long(.min, [1]), .invalidInteger),
    ]

    @Test(arguments: refused)
    func refuses(_ body: [UInt8], _ error: MessageError) {
        #expect(throws: error) { try MessageReader.value(of: body) }
    }

    @Test(arguments: ["(", "["])
    func readsThirtyTwoLevels(_ code: String) throws {
        let body = (1..<MessageLimits.depth).flatMap { _ in Bytes.of(code, 1) }
        #expect(throws: Never.self) { try MessageReader.value(of: body + Bytes.of(code, 0)) }
        #expect(throws: MessageError.tooDeep) {
            try MessageReader.value(of: body + Bytes.of(code, 1) + Bytes.of(code, 0))
        }
    }

    @Test func countsTheLevelsOfDicts() throws {
        let open = Array(repeating: Array("{N".utf8), count: MessageLimits.depth - 1).flatMap(\.self)
        let close = Array(repeating: UInt8(ascii: "0"), count: MessageLimits.depth - 1)
        #expect(throws: Never.self) { try MessageReader.value(of: open + Array("{0".utf8) + close) }
        #expect(throws: MessageError.tooDeep) {
            try MessageReader.value(of: open + Array("{N{00".utf8) + close)
        }
    }

    @Test func readsAMillionValues() throws {
        let count = MessageLimits.valueCount - 1
        let body = Bytes.of("[", Int32(count)) + Array(repeating: UInt8(ascii: "N"), count: count)
        #expect(try MessageReader.value(of: body).asList?.count == count)
    }

    @Test func refusesMoreThanAMillionValues() {
        let nones = Array(repeating: UInt8(ascii: "N"), count: MessageLimits.valueCount)
        #expect(throws: MessageError.tooManyValues) {
            try MessageReader.value(of: Bytes.of("[", Int32(nones.count)) + nones)
        }
        #expect(throws: MessageError.tooManyValues) {
            try MessageReader.value(of: Array("{".utf8) + nones + Array("0".utf8))
        }
    }

    /// Otherwise lists in lists could each have room made for the same bytes.
    @Test func takesAnnouncedValuesFromThoseThatMayCome() {
        let nones = Array(repeating: UInt8(ascii: "N"), count: MessageLimits.valueCount)
        let head = Bytes.of("[", 600_000)
        #expect(throws: MessageError.tooManyValues) { try MessageReader.value(of: head + head + nones) }
    }

    @Test func refusesMoreThan64MiB() {
        let count = MessageLimits.byteCount + 1
        #expect(throws: MessageError.tooLong(byteCount: count)) {
            try MessageReader.value(of: Array(repeating: 0, count: count))
        }
    }

    static let errors: [MessageError] =
        refused.map(\.error) + [
            .tooLong(byteCount: 1), .tooDeep, .tooManyValues, .bytesBehindValue(byteCount: 1),
        ]

    @Test(arguments: errors)
    func anErrorIsOneLine(_ error: MessageError) {
        #expect(!error.description.isEmpty && !error.description.contains("\n"))
    }
}
