import Testing

@testable import Messages

/// Random bytes give a value or an error, and nothing else.
@Suite struct MessageFuzzTests {
    /// A value that is read can be written, and is then the same, byte for byte.
    static func read(_ body: [UInt8]) throws {
        guard let value = try? MessageReader.value(of: body) else { return }
        let first = try MessageWriterTests.written { $0.value(value) }
        let again = try MessageReader.value(of: Array(first[4...]))
        let second = try MessageWriterTests.written { $0.value(again) }
        guard first != second else { return }
        Issue.record("\(body) is written as \(first) and then as \(second)")
    }

    @Test(arguments: Fixture.all)
    func readsWithEachByteChanged(_ fixture: Fixture) throws {
        let codes = Array("NTFilgsu([{0tR".utf8)
        for index in fixture.body.indices {
            var body = fixture.body
            let byte = body[index]
            for other in [0, 1, 0x7F, 0x80, 0xFF, byte &+ 1, byte &- 1, byte ^ 0x80] + codes {
                body[index] = other
                try Self.read(body)
            }
        }
    }

    @Test func readsRandomChanges() throws {
        var random = SeededGenerator.announced(for: "MessageFuzzTests")
        for _ in 0..<100_000 {
            guard var body = Fixture.all.randomElement(using: &random)?.body else { return }
            for _ in 0..<Int.random(in: 1...4, using: &random) { Self.change(&body, &random) }
            try Self.read(body)
        }
    }

    @Test func readsRandomCodes() throws {
        var random = SeededGenerator.announced(for: "MessageFuzzTests")
        for _ in 0..<100_000 {
            var body: [UInt8] = []
            for _ in 0..<Int.random(in: 0...24, using: &random) { Self.appendHead(to: &body, &random) }
            try Self.read(body)
        }
    }

    private static func change(_ body: inout [UInt8], _ random: inout SeededGenerator) {
        let index = Int.random(in: 0...body.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: body.insert(UInt8.random(in: 0...255, using: &random), at: index)
        case 1: body.removeSubrange(index..<min(body.count, index + Int.random(in: 0...5, using: &random)))
        case 2: body.insert(contentsOf: body[index...].prefix(9), at: index)
        default: if index < body.count { body[index] = UInt8.random(in: 0...255, using: &random) }
        }
    }

    /// A code and what may follow it, often with a small count.
    private static func appendHead(to body: inout [UInt8], _ random: inout SeededGenerator) {
        let code = Array("NTFilgsu([{00000".utf8).randomElement(using: &random) ?? 0
        body.append(code)
        switch code {
        case UInt8(ascii: "g"):
            body += (0..<8).map { _ in UInt8.random(in: 0...255, using: &random) }
        case UInt8(ascii: "N"), UInt8(ascii: "T"), UInt8(ascii: "F"), UInt8(ascii: "{"), UInt8(ascii: "0"):
            break
        default:
            let isSmall = Bool.random(using: &random)
            let number =
                isSmall
                ? Int32.random(in: -5...5, using: &random) : .random(in: .min ... .max, using: &random)
            body += Bytes.of("", number)
        }
    }
}
