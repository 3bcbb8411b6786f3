import Redis

/// The keys that a reader looks at: one, or all that begin alike.
struct KeyPrefix: Equatable {
    /// As the script said it: a `*` at the end stands for anything.
    let text: [UInt8]

    init(_ text: [UInt8]) { self.text = text }

    func includes(_ key: [UInt8]) -> Bool {
        guard text.last == UInt8(ascii: "*") else { return key == text }
        return key.starts(with: text.dropLast())
    }

    /// Events of these keys.
    /// - Parameter events: their names in lower case; nil = all.
    func interest(in events: [String]?) -> KeyInterest {
        let isWholeKey = text.last != UInt8(ascii: "*")
        return KeyInterest(
            key: isWholeKey ? text : text.dropLast(), isWholeKey: isWholeKey,
            events: events?.map { Array($0.utf8) })
    }

    /// For SCAN, which takes more for a pattern than we do.
    var pattern: [UInt8] {
        var pattern: [UInt8] = []
        let isPrefix = text.last == UInt8(ascii: "*")
        for byte in isPrefix ? text.dropLast() : text[...] {
            if Self.special.contains(byte) { pattern.append(UInt8(ascii: "\\")) }
            pattern.append(byte)
        }
        return isPrefix ? pattern + [UInt8(ascii: "*")] : pattern
    }

    private static let special = Array("*?[]^\\-".utf8)
}
