extension String {
    /// The text with blanks for line breaks, and none at its end.
    package var oneLine: String {
        let blank = UInt8(ascii: " ")
        let breaks = [UInt8(ascii: "\n"), UInt8(ascii: "\r")]
        var bytes = utf8.map { breaks.contains($0) ? blank : $0 }
        while bytes.last == blank { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }
}
