/// Where a model runs: `CPU`, `GPU`, or one of several by number.
///
/// `CPU:1` is a device of its own with its own queue, though it is the same processor.
public struct Device: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        case cpu
        case gpu
    }

    /// Longest text taken, the number included.
    public static let maximumTextLength = 9

    public let kind: Kind
    /// The number behind the colon; nil without one.
    public let index: Int?
    /// As the client typed it, to be echoed.
    public let text: [UInt8]

    /// Reads `CPU`, `GPU`, `CPU:<digits>` or `GPU:<digits>`, in any case; the digits may be missing.
    public init?(_ text: [UInt8]) {
        guard text.count >= 3, text.count <= Self.maximumTextLength else { return nil }
        let name = text[..<3].map { $0 >= 0x61 && $0 <= 0x7A ? $0 - 0x20 : $0 }
        switch name {
        case Array("CPU".utf8): kind = .cpu
        case Array("GPU".utf8): kind = .gpu
        default: return nil
        }
        self.text = text
        guard text.count > 3 else {
            index = nil
            return
        }
        let digits = text[4...]
        guard text[3] == UInt8(ascii: ":"), digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else {
            return nil
        }
        index = digits.isEmpty ? nil : digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    /// The name of the device's queue: the text in upper case.
    public var queueName: String {
        String(decoding: text.map { $0 >= 0x61 && $0 <= 0x7A ? $0 - 0x20 : $0 }, as: UTF8.self)
    }
}
