import Formats
import Testing

/// Messages of the protobuf encoding, good ones and bad ones.
@Suite struct WireReaderTests {
    enum Failure: WireFailure, Equatable {
        case malformed
    }

    typealias Reader = WireReader<Failure>

    /// The numbers and kinds of all fields, each of which is skipped.
    private static func fields(_ bytes: [UInt8]) throws(Failure) -> [String] {
        var reader = Reader(position: 0, end: bytes.count)
        var found: [String] = []
        while let field = try reader.nextField(bytes.span) {
            found.append("\(field.number) \(field.kind)")
            try reader.skip(field, bytes.span, depth: 0)
        }
        return found
    }

    @Test func whatIsWrittenIsRead() throws {
        let inner = WireWriter { $0.number(3, 1 << 40) }
        let bytes = WireWriter {
            $0.number(1, 0)
            $0.message(2, inner)
            $0.number(536_870_911, .max)
        }.bytes
        #expect(try Self.fields(bytes) == ["1 varint", "2 lengthDelimited", "536870911 varint"])
        var reader = Reader(position: 0, end: bytes.count)
        _ = try reader.nextField(bytes.span)
        #expect(try reader.nextVarint(bytes.span).isZero)
        let field = try #require(try reader.nextField(bytes.span))
        let range = try reader.nextRange(of: field, bytes.span)
        #expect(Array(bytes[range]) == inner.bytes)
        _ = try reader.nextField(bytes.span)
        #expect(try reader.nextVarint(bytes.span).value == .max)
        #expect(try reader.nextField(bytes.span) == nil)
    }

    @Test func numbersOfAListComeTogetherOrOneByOne() throws {
        let bytes: [UInt8] = [0x08, 5, 0x0A, 2, 6, 7, 0x08, 8]
        var reader = Reader(position: 0, end: bytes.count)
        var numbers: [Int64] = []
        while let field = try reader.nextField(bytes.span) {
            try reader.readIntegers(&numbers, field, bytes.span)
        }
        #expect(numbers == [5, 6, 7, 8])
    }

    @Test func otherKindsAreSkipped() throws {
        let fixed: [UInt8] = [0x0D, 1, 2, 3, 4, 0x11, 1, 2, 3, 4, 5, 6, 7, 8]
        let group: [UInt8] = [0x1B, 0x08, 1, 0x23, 0x24, 0x1C]
        #expect(try Self.fields(fixed + group) == ["1 fixed32", "2 fixed64", "3 groupStart"])
    }

    @Test(
        arguments: [
            [0x00, 1], [0x08], [0x08, 0x80], [0x0A, 2, 1], [0x0D, 1, 2, 3], [0x09, 1, 2, 3, 4, 5, 6, 7],
            [0x0E, 1],
            [0x1C], [0x1B, 0x08, 1], [0x1B, 0x2C], [0x80, 0x80, 0x80, 0x80, 0x80, 1],
            [0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
            [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1],
        ] as [[UInt8]])
    func whatIsNoMessageIsRefused(_ bytes: [UInt8]) {
        #expect(throws: Failure.malformed) { try Self.fields(bytes) }
    }

    @Test func groupsInGroupsHaveADepth() throws {
        func groups(_ depth: Int) -> [UInt8] {
            [UInt8](repeating: 0x0B, count: depth) + [UInt8](repeating: 0x0C, count: depth)
        }
        #expect(try Self.fields(groups(Reader.maximumDepth)) == ["1 groupStart"])
        #expect(throws: Failure.malformed) { try Self.fields(groups(Reader.maximumDepth + 1)) }
    }

    @Test func aTextWhereANumberShouldBeIsRefused() throws {
        let bytes: [UInt8] = [0x08, 1]
        var reader = Reader(position: 0, end: bytes.count)
        let field = try #require(try reader.nextField(bytes.span))
        #expect(throws: Failure.malformed) { try reader.nextRange(of: field, bytes.span) }
    }
}
