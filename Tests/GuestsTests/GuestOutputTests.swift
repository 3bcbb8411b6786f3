import Testing

@testable import Guests

/// What of a guest's output reaches the log.
@Suite struct GuestOutputTests {
    static let second = 1_000_000_000

    static func lines(_ text: String) -> [String] {
        var output = GuestOutput()
        return output.read(text.utf8, at: 0)
    }

    @Test(arguments: [
        ("", []), ("a", []), ("a\n", ["a"]), ("a\nb\n", ["a", "b"]), ("\n", [""]), ("a b~\n", ["a b~"]),
        ("a\tb\r\n", ["a\\tb\\r"]), ("\u{1B}[1m\n", ["\\x1b[1m"]), ("\u{E9}\n", ["\\xc3\\xa9"]),
        ("\u{0}\u{7F}\n", ["\\x00\\x7f"]),
    ])
    func eachLineIsPrintable(_ text: String, _ lines: [String]) {
        #expect(Self.lines(text) == lines)
    }

    @Test func aLineMayComeInPieces() {
        var output = GuestOutput()
        #expect(output.read("a".utf8, at: 0) == [])
        #expect(output.read("b\nc".utf8, at: 0) == ["ab"])
        #expect(output.end(at: 0) == ["c"])
        #expect(output.end(at: 0) == [])
    }

    @Test(arguments: [0, 1, 1020])
    func aLineThatFitsIsWhole(_ count: Int) {
        let text = String(repeating: "a", count: count)
        #expect(Self.lines(text + "\n") == [text])
    }

    @Test(arguments: [1021, 1024, 100_000])
    func aLongLineIsCut(_ count: Int) {
        let line = String(repeating: "a", count: 1020) + " ..."
        #expect(Self.lines(String(repeating: "a", count: count) + "\nb\n") == [line, "b"])
    }

    @Test func noEscapeIsCutInTwo() {
        let line = Self.lines(String(repeating: "a", count: 1018) + "\u{1}\n").first
        #expect(line == String(repeating: "a", count: 1018) + " ...")
    }

    @Test func aHundredLinesASecondAreTold() {
        var output = GuestOutput()
        #expect(output.read(String(repeating: "a\n", count: 100).utf8, at: 0).count == 100)
        #expect(!output.isResting)
        #expect(output.deadline == nil)
        #expect(output.look(at: Self.second) == [])
    }

    @Test func moreAreCounted() {
        var output = GuestOutput()
        #expect(output.read(String(repeating: "a\n", count: 103).utf8, at: 5).count == 100)
        #expect(output.isResting)
        #expect(output.deadline == 5 + GuestOutput.rest)
        #expect(output.look(at: 5 + GuestOutput.rest) == [])
        #expect(!output.isResting)
        #expect(output.deadline == 5 + Self.second)
        #expect(output.look(at: 4 + Self.second) == [])
        #expect(output.look(at: 5 + Self.second) == ["(3 lines were left out)"])
        #expect(output.deadline == nil)
    }

    @Test func aLineWithoutAnEndIsNotReadAllTheTime() {
        var output = GuestOutput()
        #expect(output.read(String(repeating: "a", count: 1024).utf8, at: 0) == [])
        #expect(output.isResting)
        #expect(output.look(at: GuestOutput.rest) == [])
        #expect(!output.isResting)
        #expect(output.read("\n".utf8, at: GuestOutput.rest).count == 1)
        #expect(!output.isResting)
    }

    @Test func theNextSecondHasLinesOfItsOwn() {
        var output = GuestOutput()
        _ = output.read(String(repeating: "a\n", count: 101).utf8, at: 0)
        #expect(output.read("b\n".utf8, at: Self.second - 1) == [])
        #expect(output.read("c\n".utf8, at: Self.second) == ["(2 lines were left out)", "c"])
    }

    @Test func theEndTellsWhatWasLeftOut() {
        var output = GuestOutput()
        _ = output.read(String(repeating: "a\n", count: 101).utf8, at: 0)
        #expect(output.end(at: 1) == ["(1 lines were left out)"])
    }
}
