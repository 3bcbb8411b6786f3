@testable import Messages

extension MessageValue {
    /// What Python shows of the value, for texts of ASCII.
    var pythonText: String {
        switch self {
        case .none: "None"
        case .bool(let value): value ? "True" : "False"
        case .integer(let value): "\(value)"
        case .real(let value): "\(value)"
        case .bytes(let bytes): "b" + Self.quoted(bytes)
        case .text(let text): Self.quoted(ArraySlice(text.utf8))
        case .tuple(let items): "(" + Self.joined(items) + (items.count == 1 ? ",)" : ")")
        case .list(let items): "[" + Self.joined(items) + "]"
        case .dict(let pairs):
            "{" + pairs.map { "\($0.key.pythonText): \($0.value.pythonText)" }.joined(separator: ", ") + "}"
        }
    }

    private static func joined(_ items: [MessageValue]) -> String {
        items.map(\.pythonText).joined(separator: ", ")
    }

    private static func quoted(_ bytes: ArraySlice<UInt8>) -> String {
        let (single, double) = (UInt8(ascii: "'"), UInt8(ascii: "\""))
        let quote = bytes.contains(single) && !bytes.contains(double) ? "\"" : "'"
        return quote + bytes.map { shown($0, quote) }.joined() + quote
    }

    private static func shown(_ byte: UInt8, _ quote: String) -> String {
        let character = String(UnicodeScalar(byte))
        switch byte {
        case UInt8(ascii: "\n"): return "\\n"
        case UInt8(ascii: "\r"): return "\\r"
        case UInt8(ascii: "\t"): return "\\t"
        case UInt8(ascii: "\\"): return "\\\\"
        case 0x20..<0x7F: return character == quote ? "\\\(quote)" : character
        default:
            let digits = String(byte, radix: 16)
            return "\\x" + (digits.count == 1 ? "0" : "") + digits
        }
    }
}
