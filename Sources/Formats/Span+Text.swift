extension Span<UInt8> {
    /// The text in a range of the bytes.
    package func text(_ range: Range<Int>) -> String {
        String(decoding: range.map { self[$0] }, as: UTF8.self)
    }
}
