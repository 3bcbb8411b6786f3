import Glibc

/// Reads numbers from text by the server's own rules.
enum NumberText {
    /// Longest text read as a floating-point number: more digits than the longest exact double has.
    private static let maximumRealLength = 1100

    /// A plain decimal: an optional minus, no plus, no blanks, no leading zeros.
    /// - Returns: nil if it is not one, or does not fit.
    static func integer<Value: FixedWidthInteger>(_ text: Span<UInt8>, as type: Value.Type) -> Value? {
        guard let first = text.isEmpty ? nil : text[0] else { return nil }
        let isNegative = first == UInt8(ascii: "-")
        let start = isNegative ? 1 : 0
        guard text.count > start else { return nil }
        let leading = text[start]
        if leading == UInt8(ascii: "0") { return text.count == 1 ? 0 : nil }
        var value: Value = 0
        for index in start..<text.count {
            let byte = text[index]
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            let digit = Value(truncatingIfNeeded: byte &- 0x30)
            let (scaled, isTooLarge) = value.multipliedReportingOverflow(by: 10)
            let (next, overflow) =
                isNegative
                ? scaled.subtractingReportingOverflow(digit) : scaled.addingReportingOverflow(digit)
            guard !isTooLarge, !overflow else { return nil }
            value = next
        }
        return value
    }

    /// What the server takes for a double: `inf` included, not-a-number and out of range excluded.
    static func real(_ text: Span<UInt8>) -> Double? {
        guard !text.isEmpty, text.count <= maximumRealLength, !isBlank(text[0]) else { return nil }
        return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: text.count + 1) { copy in
            for index in text.indices { unsafe copy[index] = CChar(bitPattern: text[index]) }
            unsafe copy[text.count] = 0
            // Safety: `copy` ends with a NUL, and `end` points into it.
            guard let start = copy.baseAddress else { return nil }
            var end: UnsafeMutablePointer<CChar>?
            errno = 0
            let value = unsafe strtod(start, &end)
            let isWhole = unsafe end == start + text.count
            let isOutOfRange = errno == ERANGE && (value.isInfinite || value == 0)
            return isWhole && !isOutOfRange && !value.isNaN ? value : nil
        }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) }
}
