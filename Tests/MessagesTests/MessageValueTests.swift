import Testing

@testable import Messages

/// What callers ask of values.
@Suite struct MessageValueTests {
    static let values: [MessageValue] = [
        .none, .bool(true), .integer(1), .real(1), .bytes([0x61]), .text("a"), .tuple([.none]),
        .list([.none]),
        .dict([(.text("a"), .none)]),
    ]

    @Test(arguments: values)
    func aValueIsItself(_ value: MessageValue) {
        #expect(Self.values.filter { $0 == value }.count == 1)
    }

    @Test func eachQuestionHasItsValues() {
        #expect(Self.values.map(\.isNone) == [true] + Array(repeating: false, count: 8))
        #expect(Self.values.compactMap(\.asBool) == [true])
        #expect(Self.values.compactMap(\.asInt) == [1])
        #expect(Self.values.compactMap(\.asReal) == [1])
        #expect(Self.values.compactMap(\.asBytes) == [[0x61], [0x61]])
        #expect(Self.values.compactMap(\.asText) == ["a", "a"])
        #expect(Self.values.compactMap(\.asList) == [[.none], [.none]])
        #expect(Self.values.compactMap(\.asDict?.count) == [1])
    }

    @Test func bytesThatAreNotUTF8AreNoText() {
        #expect(MessageValue.bytes([0xFF]).asText == nil)
    }

    @Test(arguments: [MessageValue.text("b"), .bytes([0x62])])
    func findsAKeyByItsText(_ key: MessageValue) {
        let dict = MessageValue.dict([(.text("a"), .integer(1)), (key, .integer(2)), (key, .integer(3))])
        #expect(dict["b"] == .integer(2))
        #expect(dict["c"] == nil)
        #expect(MessageValue.none["b"] == nil)
    }

    /// Swift takes some texts of different bytes as equal.
    @Test func textsAreTheirBytes() {
        #expect(MessageValue.text("\u{E9}") != .text("e\u{301}"))
        #expect(MessageValue.dict([(.text("\u{E9}"), .none)])["e\u{301}"] == nil)
    }
}
