import Formats
import Testing

/// Flatbuffers: written in front of an older one, and read from bytes that lie.
@Suite struct FlatBufferTests {
    private static let mark = Array("TEST".utf8)

    /// A root of a number, a text, a list of numbers and a list of tables.
    private static func example() throws -> [UInt8] {
        let child = FlatBufferValue.table([1: .number(-7)])
        let root = FlatBufferValue.table([
            0: .number(42), 2: .text(Array("name".utf8)), 3: .list([.number(1), .number(2), .number(3)]),
            5: .list([child, child]), 6: .byte(9),
        ])
        return try FlatBufferFront(root, mark: mark, olderCount: 0, limit: 4096).bytes
    }

    @Test func whatIsWrittenIsRead() throws {
        let bytes = try Self.example()
        let span = bytes.span
        let root = try span.root()
        #expect(Array(bytes[4..<8]) == Self.mark)
        #expect(bytes.count.isMultiple(of: FlatBufferFront.alignment))
        #expect(try span.index(0, of: root) == 42)
        #expect(try span.text(2, of: root) == Array("name".utf8))
        #expect(try span.numbers(3, of: root) == [1, 2, 3])
        let children = try span.tables(5, of: root)
        #expect(children.count == 2)
        for child in children {
            let place = try #require(try span.field(1, of: child))
            #expect(try span.signed32(at: place) == -7)
        }
        let byte = try #require(try span.field(6, of: root))
        #expect(try span.unsigned8(at: byte) == 9)
    }

    @Test func aFieldThatIsNotThereHasItsDefault() throws {
        let bytes = try Self.example()
        let span = bytes.span
        let root = try span.root()
        // Between others, and behind the last one.
        for number in [1, 4, 7, 1000] {
            #expect(try span.field(number, of: root) == nil)
            #expect(try span.index(number, of: root) == 0)
            #expect(try span.table(number, of: root) == nil)
            #expect(try span.text(number, of: root) == nil)
            #expect(try span.numbers(number, of: root) == [])
            #expect(try span.tables(number, of: root) == [])
        }
    }

    @Test func whatIsNewRefersToTheOlderBuffer() throws {
        let older = try Self.example()
        let place = try older.span.root()
        let front = try FlatBufferFront(
            .table([0: .older(place)]), mark: Self.mark, olderCount: older.count, limit: 4096)
        let whole = front.bytes + older
        let span = whole.span
        let root = try #require(try span.table(0, of: span.root()))
        #expect(root == front.bytes.count + place)
        #expect(try span.text(2, of: root) == Array("name".utf8))
    }

    @Test func whatBecomesTooLongIsRefused() throws {
        #expect(throws: FlatBufferMalformed.self) {
            try FlatBufferFront(.table([:]), mark: Self.mark, olderCount: 4096, limit: 4096)
        }
    }

    /// Whatever is changed or missing: an error, or other values, but nothing beyond the end.
    @Test func bytesThatLieAreReadWithinTheirEnd() throws {
        let bytes = try Self.example()
        var errors = 0
        func read(_ bytes: [UInt8]) {
            let span = bytes.span
            do {
                let root = try span.root()
                for number in 0..<8 {
                    _ = try span.text(number, of: root)
                    _ = try span.numbers(number, of: root)
                    for table in try span.tables(number, of: root) { _ = try span.field(1, of: table) }
                    _ = try span.vector(number, of: root, width: 8)
                }
            } catch {
                errors += 1
            }
        }
        for count in 0..<bytes.count { read(Array(bytes[..<count])) }
        for place in bytes.indices {
            for value: UInt8 in [0, 1, 0x7F, 0x80, 0xFF] {
                var changed = bytes
                changed[place] = value
                read(changed)
            }
        }
        #expect(errors > bytes.count)
    }
}
