import Testing

@testable import Messages

/// Which bytes messages are.
@Suite struct MessageWriterTests {
    static func written(_ fill: (inout MessageWriter) -> Void) throws -> [UInt8] {
        var writer = MessageWriter()
        writer.begin()
        fill(&writer)
        try writer.finish()
        return writer.buffer
    }

    @Test(arguments: Fixture.all)
    func writesWhatPythonWrites(_ fixture: Fixture) throws {
        let value = try MessageReader.value(of: fixture.body)
        #expect(try Self.written { $0.value(value) } == fixture.bytes)
    }

    typealias Fill = @Sendable (inout MessageWriter) -> Void

    /// Those of the server, as its code writes them.
    static let messages: [(name: String, fill: Fill)] = [
        (
            "hello",
            { writer in
                writer.start(1, 0, fieldCount: 3)
                writer.beginDictionary()
                writer.text("PythonAttemptTraceback")
                writer.integer(1)
                writer.text("nodeId")
                writer.none()
                writer.endDictionary()
            }
        ),
        ("ping", { $0.start(2, 7, fieldCount: 2) }),
        (
            "script",
            { writer in
                writer.start(3, 1, fieldCount: 3)
                writer.beginDictionary()
                writer.text("id")
                writer.bytes("mine")
                writer.text("source")
                writer.bytes("x = 1")
                writer.text("restore")
                writer.bool(false)
                writer.text("requirements")
                writer.list(1)
                writer.bytes("numpy>=1")
                writer.endDictionary()
            }
        ),
        (
            "start a trigger",
            { writer in
                writer.start(4, 2, fieldCount: 5)
                writer.integer(3)
                writer.integer(18)
                writer.list(1)
                writer.list(3)
                writer.bytes(Array("trigger".utf8).span)
                writer.bytes(Array("a\0b".utf8).span.bytes)
                writer.bytes([0xFF])
            }
        ),
        (
            "start with keys",
            { writer in
                writer.start(4, 2, fieldCount: 5)
                writer.integer(3)
                writer.integer(2)
                writer.list(2)
                writer.tuple(4)
                for word in ["k", "hset", "hash"] { writer.bytes(word) }
                writer.beginDictionary()
                writer.bytes("f")
                writer.bytes("v")
                writer.endDictionary()
                writer.tuple(4)
                for word in ["k", "del", "empty"] { writer.bytes(word) }
                writer.none()
            }
        ),
        (
            "a reply",
            { writer in
                writer.start(5, 9, fieldCount: 4)
                writer.bool(false)
                writer.list(7)
                for number in [1, -(1 << 40), .max, .min] { writer.integer(number) }
                writer.none()
                writer.bytes("bulk")
                writer.list(1)
                writer.real(0.5)
            }
        ),
        (
            "an error",
            { writer in
                writer.start(5, 9, fieldCount: 4)
                writer.bool(true)
                writer.bytes("ERR no")
            }
        ),
        (
            "place",
            { writer in
                writer.start(9, 0, fieldCount: 4)
                writer.list(1)
                writer.integer(0)
                writer.list(3)
                for processor in 1...3 { writer.integer(processor) }
            }
        ),
    ]

    @Test(arguments: messages)
    func writesTheMessagesOfTheServer(_ name: String, _ fill: Fill) throws {
        #expect(try Self.written(fill) == Fixture.named(name)?.bytes)
    }

    @Test(arguments: MessageReaderTests.integers)
    func writesTheIntegersThatItReads(_: [UInt8], _ value: Int) throws {
        let bytes = try Self.written { $0.integer(value) }
        #expect(try MessageReader.value(of: Array(bytes[4...])) == .integer(value))
    }

    /// Up to 31 bits and the sign in one form, beyond in the other, as Python has them.
    @Test(arguments: [
        (Int(Int32.max), Bytes.of("i", .max)), (Int(Int32.min), Bytes.of("i", .min)),
        (Int(Int32.max) + 1, Bytes.long(3, [0, 0, 2])), (Int(Int32.min) - 1, Bytes.long(-3, [1, 0, 2])),
        (1 << 45, Bytes.long(4, [0, 0, 0, 1])), ((1 << 45) - 1, Bytes.long(3, [0x7FFF, 0x7FFF, 0x7FFF])),
    ])
    func integersHaveTheShortestForm(_ value: Int, _ bytes: [UInt8]) throws {
        #expect(try Self.written { $0.integer(value) }.dropFirst(4) == bytes[...])
    }

    @Test(arguments: [
        MessageValue.real(.infinity), .real(-0.0), .real(.leastNonzeroMagnitude), .text(""), .bytes([]),
        .text("\u{1F600}e\u{301}"), .tuple([]), .list([]), .dict([]),
    ])
    func edgesComeBack(_ value: MessageValue) throws {
        let bytes = try Self.written { $0.value(value) }
        #expect(try MessageReader.value(of: Array(bytes[4...])) == value)
    }

    @Test func messagesStandOneBehindTheOther() throws {
        var writer = MessageWriter()
        for number in 1...3 {
            writer.begin()
            writer.integer(number)
            try writer.finish()
        }
        #expect(writer.buffer == (1...3).flatMap { [5, 0, 0, 0] + Bytes.of("i", Int32($0)) })
    }

    @Test(arguments: [(15, true), (16, false)])
    func whatIsTooLongIsUndone(_ count: Int, _ fits: Bool) throws {
        var writer = MessageWriter(byteLimit: 20)
        writer.begin()
        writer.integer(1)
        try writer.finish()
        let before = writer.buffer
        writer.begin()
        writer.bytes(Array(repeating: 1, count: count))
        if fits {
            try writer.finish()
            #expect(writer.buffer.count == before.count + 24)
        } else {
            #expect(throws: MessageError.tooLong(byteCount: 21)) { try writer.finish() }
            #expect(writer.buffer == before)
        }
    }

    @Test func nothingIsKeptOfWhatIsTooLong() throws {
        var writer = MessageWriter(byteLimit: 1 << 10)
        writer.begin()
        writer.list(1 << 20)
        for number in 0..<1 << 16 { writer.integer(number << 32) }
        writer.text(String(repeating: "a", count: 1 << 20))
        #expect(writer.buffer.count <= (1 << 10) + 4)
        #expect(throws: MessageError.self) { try writer.finish() }
        writer.begin()
        writer.none()
        try writer.finish()
        #expect(writer.buffer == [1, 0, 0, 0, UInt8(ascii: "N")])
    }

    @Test func theLimitIs64MiB() throws {
        let bytes = [UInt8](repeating: 0, count: MessageLimits.byteCount - 5)
        #expect(try Self.written { $0.bytes(bytes) }.count == MessageLimits.byteCount + 4)
        #expect(throws: MessageError.tooLong(byteCount: MessageLimits.byteCount + 1)) {
            try Self.written { $0.bytes(bytes + [0]) }
        }
    }
}

extension MessageWriter {
    /// A message's tuple with its first two fields.
    fileprivate mutating func start(_ kind: Int, _ number: Int, fieldCount: Int) {
        tuple(fieldCount)
        integer(kind)
        integer(number)
    }
}
