import Testing

@testable import Redis

@Suite struct ArgumentReaderTests {
    @Test func beginsBehindTheName() {
        var reader = Line("AI.X a b").reader
        #expect(reader.next()?.word == "a")
    }

    @Test func countsTheNameToo() {
        #expect(Line("AI.X a b").reader.count == 3)
    }

    @Test func givesTheWordsInOrder() {
        var reader = Line("AI.X a b c").reader
        #expect([reader.next()?.word, reader.next()?.word, reader.next()?.word] == ["a", "b", "c"])
    }

    @Test func givesNothingAtTheEnd() {
        var reader = Line("AI.X a").reader
        _ = reader.next()
        #expect(reader.next()?.word == nil)
    }

    @Test func staysAtTheEnd() {
        var reader = Line("AI.X a").reader
        for _ in 0..<3 { _ = reader.next() }
        #expect([reader.position, reader.remaining] == [2, 0])
    }

    @Test func hasNothingBehindANameAlone() {
        #expect(Line("AI.X").reader.peek?.word == nil)
    }

    @Test func peekingTakesNothing() {
        let reader = Line("AI.X a b").reader
        #expect([reader.peek?.word, reader.peek?.word] == ["a", "a"])
    }

    @Test func countsWhatRemains() {
        var reader = Line("AI.X a b c").reader
        _ = reader.next()
        #expect(reader.remaining == 2)
    }

    @Test(arguments: ["BLOB", "blob", "bLOb"])
    func takesAKeywordInAnyCase(_ word: String) {
        var reader = Line("AI.X \(word) b").reader
        let isTaken = reader.take("BLOB")
        #expect(isTaken && reader.position == 2)
    }

    @Test(arguments: ["BLO", "BLOBS", "BLOC", "''", "bl\0b"])
    func leavesAnotherWord(_ word: String) {
        var reader = Line("AI.X \(word) b").reader
        let isTaken = reader.take("BLOB")
        #expect(!isTaken && reader.position == 1)
    }

    @Test func takesNoKeywordAtTheEnd() {
        var reader = Line("AI.X").reader
        let isTaken = reader.take("BLOB")
        #expect(!isTaken)
    }

    @Test(arguments: [0, 1, 3])
    func takesSeveralWords(_ count: Int) {
        var reader = Line("AI.X a b c").reader
        #expect(reader.next(count)?.map(\.word) == Array(["a", "b", "c"].prefix(count)))
    }

    @Test(arguments: [4, -1, Int.max, Int.min])
    func takesNoneIfThereAreNotThatMany(_ count: Int) {
        var reader = Line("AI.X a b c").reader
        let isTaken = reader.next(count) != nil
        #expect(!isTaken && reader.position == 1)
    }

    @Test func goesOnBehindWhatWasTaken() {
        var reader = Line("AI.X a b c").reader
        _ = reader.next(2)
        #expect(reader.next()?.word == "c")
    }

    @Test func givesAnyWordByItsIndex() {
        let reader = Line("AI.X a b").reader
        #expect((0..<reader.count).map { reader[$0].word } == ["AI.X", "a", "b"])
    }
}

@Suite struct ArgumentTests {
    static func argument(_ bytes: [UInt8]) -> Argument { Line([[], bytes]).reader[1] }
    static func argument(_ text: String) -> Argument { argument(Array(text.utf8)) }

    @Test(arguments: [[], [0], [1, 0, 2], [255, 254]] as [[UInt8]])
    func hasItsBytes(_ bytes: [UInt8]) {
        #expect(Self.argument(bytes).bytes == bytes)
    }

    @Test func replacesWhatIsNoTextInMessages() {
        #expect(Self.argument([0x61, 0xFF]).text == "a\u{FFFD}")
    }

    @Test(arguments: [
        ("0", 0), ("-1", -1), ("9223372036854775807", Int.max), ("-9223372036854775808", Int.min),
    ])
    func readsAPlainDecimal(_ text: String, _ value: Int) {
        #expect(Self.argument(text).integer == value)
    }

    @Test(arguments: ["", "+1", " 1", "1 ", "01", "-0", "1.0", "1e1", "0x1", "9223372036854775808", "a"])
    func readsNothingElseAsAnInteger(_ text: String) {
        #expect(Self.argument(text).integer == nil)
    }

    @Test(arguments: [("1.5", 1.5), ("3", 3), ("-0.25", -0.25), ("1e3", 1000)])
    func readsANumber(_ text: String, _ value: Double) {
        #expect(Self.argument(text).real == value)
    }

    @Test(arguments: ["", " 1", "1 ", "nan", "x", "1e999"])
    func readsNothingElseAsANumber(_ text: String) {
        #expect(Self.argument(text).real == nil)
    }
}
