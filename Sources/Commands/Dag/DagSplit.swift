import Redis

/// Takes the words of a DAG apart into its commands; each begins behind a `|>`.
///
/// The word behind `BLOB` of an `AI.TENSORSET` is data, whatever its bytes are.
struct DagSplit {
    static let separator: StaticString = "|>"

    private var words: ArgumentReader

    /// - Parameter words: at the first `|>`, or at the end.
    init(_ words: ArgumentReader) { self.words = words }

    /// The words of the next command; empty if there are none behind its `|>`, nil at the end.
    mutating func next() -> Range<Int>? {
        guard words.take(Self.separator) else { return nil }
        let start = words.position
        if words.take("AI.TENSORSET") { skipToData(from: start) }
        while let word = words.peek, !word.matches(Self.separator) { _ = words.next() }
        return start..<words.position
    }

    /// Whether the last word is a `|>` with no command behind it.
    var endsOpen: Bool {
        guard words[words.count - 1].matches(Self.separator) else { return false }
        var split = self
        var last: Range<Int>?
        while let range = split.next() { last = range }
        return last?.isEmpty ?? false
    }

    /// Goes to the end of an `AI.TENSORSET`, or behind its blob.
    private mutating func skipToData(from start: Int) {
        while let word = words.peek, !word.matches(Self.separator) {
            _ = words.next()
            // Before that stand name and type.
            guard words.position > start + 3 else { continue }
            if word.matches("VALUES") { return }
            if word.matches("BLOB") {
                _ = words.next()
                return
            }
        }
    }
}
