/// Why bytes are no message, or why a message is not sent.
public enum MessageError: Error, Equatable {
    /// Longer than `MessageLimits.byteCount`.
    case tooLong(byteCount: Int)
    /// It ends within a value.
    case truncated
    /// A type that does not travel.
    case unknownCode(UInt8)
    /// Values in values, deeper than `MessageLimits.depth`.
    case tooDeep
    /// More than `MessageLimits.valueCount`.
    case tooManyValues
    /// A number of items or bytes that is negative, or more than the rest of the message can hold.
    case invalidCount(Int)
    /// An integer that is written in a way that no Python has, or has more than 64 bits.
    case invalidInteger
    /// A text that is not UTF-8.
    case invalidText
    /// Something stands behind the message's value.
    case bytesBehindValue(byteCount: Int)
}

extension MessageError: CustomStringConvertible {
    /// One line, without what the message holds.
    public var description: String {
        switch self {
        case .tooLong(let byteCount):
            "a message of \(byteCount) bytes or more is too long, \(MessageLimits.byteCount) is the limit"
        case .truncated: "a message ends within a value"
        case .unknownCode(let code): "a message has a value of the unknown code \(code)"
        case .tooDeep: "a message is nested deeper than \(MessageLimits.depth) levels"
        case .tooManyValues: "a message has more than \(MessageLimits.valueCount) values"
        case .invalidCount(let count): "a message has a count of \(count), which its rest cannot hold"
        case .invalidInteger: "a message has an integer that is malformed or longer than 64 bits"
        case .invalidText: "a message has a text that is not UTF-8"
        case .bytesBehindValue(let byteCount): "a message has \(byteCount) bytes behind its value"
        }
    }
}
