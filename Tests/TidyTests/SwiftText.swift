/// A Swift file in which comments and the texts of string literals are blank, so that only code counts.
///
/// Every line keeps its number and length. Code inside a literal's `\( )` stays.
struct SwiftText {
    let lines: [String]

    init(_ text: String) {
        var reader = Reader(Array(text.utf8))
        lines = String(decoding: reader.blanked(), as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false
        ).map(String.init)
    }

    /// The names and keywords of a line, in order.
    static func words(of line: some StringProtocol) -> [Substring] {
        Substring(line).split { !($0.isLetter || $0.isNumber || $0 == "_") }
    }

    /// Walks over the bytes and remembers in what it is.
    private struct Reader {
        private enum Place {
            case code(openParentheses: Int)
            case lineComment
            case blockComment(depth: Int)
            case literal(hashCount: Int, isMultiline: Bool)
        }

        private let bytes: [UInt8]
        private var position = 0
        private var output: [UInt8] = []
        private var places: [Place] = [.code(openParentheses: 0)]

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        mutating func blanked() -> [UInt8] {
            output.reserveCapacity(bytes.count)
            while position < bytes.count {
                switch places[places.count - 1] {
                case .code(let open): readCode(open)
                case .lineComment: readLineComment()
                case .blockComment(let depth): readBlockComment(depth)
                case .literal(let hashCount, let isMultiline): readLiteral(hashCount, isMultiline)
                }
            }
            return output
        }

        private func follows(_ text: StaticString, at offset: Int = 0) -> Bool {
            text.withUTF8Buffer { bytes[min(bytes.count, position + offset)...].starts(with: $0) }
        }

        private mutating func keep(_ count: Int) {
            output += bytes[position..<position + count]
            position += count
        }

        /// Blanks bytes; line ends stay. A character of several bytes becomes several blanks.
        private mutating func blank(_ count: Int) {
            for byte in bytes[position..<position + count] {
                output.append(byte == UInt8(ascii: "\n") ? byte : UInt8(ascii: " "))
            }
            position += count
        }

        private mutating func readCode(_ open: Int) {
            if follows("//") { return places.append(.lineComment) }
            if follows("/*") {
                places.append(.blockComment(depth: 0))
                return
            }
            let hashCount = bytes[position...].prefix { $0 == UInt8(ascii: "#") }.count
            if follows("\"", at: hashCount) {
                let isMultiline = follows("\"\"\"", at: hashCount)
                keep(hashCount + (isMultiline ? 3 : 1))
                return places.append(.literal(hashCount: hashCount, isMultiline: isMultiline))
            }
            if follows("(") { places[places.count - 1] = .code(openParentheses: open + 1) }
            if follows(")") {
                if open == 0, places.count > 1 {
                    places.removeLast()
                } else {
                    places[places.count - 1] = .code(openParentheses: open - 1)
                }
            }
            keep(1)
        }

        private mutating func readLineComment() {
            if follows("\n") { places.removeLast() }
            blank(1)
        }

        private mutating func readBlockComment(_ depth: Int) {
            if follows("/*") {
                places[places.count - 1] = .blockComment(depth: depth + 1)
                return blank(2)
            }
            guard follows("*/") else { return blank(1) }
            places[places.count - 1] = .blockComment(depth: depth - 1)
            if depth == 1 { places.removeLast() }
            blank(2)
        }

        private mutating func readLiteral(_ hashCount: Int, _ isMultiline: Bool) {
            if follows("\\"), areHashes(hashCount, at: 1) {
                if follows("(", at: 1 + hashCount) {
                    blank(1 + hashCount)
                    keep(1)
                    return places.append(.code(openParentheses: 0))
                }
                return blank(min(2 + hashCount, bytes.count - position))
            }
            let quoteCount = isMultiline ? 3 : 1
            let isQuote = isMultiline ? follows("\"\"\"") : follows("\"")
            // A literal of one line that is still open at its end is not Swift; the next line is code again.
            let isLineEnd = !isMultiline && follows("\n")
            guard isLineEnd || (isQuote && areHashes(hashCount, at: quoteCount)) else { return blank(1) }
            places.removeLast()
            keep(isLineEnd ? 1 : quoteCount + hashCount)
        }

        private func areHashes(_ count: Int, at offset: Int) -> Bool {
            (0..<count).allSatisfy { follows("#", at: offset + $0) }
        }
    }
}
