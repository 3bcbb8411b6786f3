/// A value in a message between the server and a Python process.
public enum MessageValue: Sendable {
    /// Python's `None`.
    case none
    /// A truth value.
    case bool(Bool)
    /// An `int` of at most 64 bits.
    case integer(Int)
    /// A `float`.
    case real(Double)
    /// A part of the message's bytes, which stay as long as it does.
    case bytes(ArraySlice<UInt8>)
    /// A `str`.
    case text(String)
    /// As a message is itself, with its kind and number first.
    case tuple([MessageValue])
    /// As many items as came.
    case list([MessageValue])
    /// In the order of the message. Whether a key comes twice, nobody has looked.
    case dict([(key: MessageValue, value: MessageValue)])
}

/// What it is, for callers who know what has to be there; nil if it is something else.
extension MessageValue {
    /// Whether it is Python's `None`.
    public var isNone: Bool {
        if case .none = self { true } else { false }
    }

    /// A truth value.
    public var asBool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// An integer.
    public var asInt: Int? {
        if case .integer(let value) = self { value } else { nil }
    }

    /// A real number; integers are none.
    public var asReal: Double? {
        if case .real(let value) = self { value } else { nil }
    }

    /// A text, or bytes that are one in UTF-8.
    public var asText: String? {
        switch self {
        case .text(let text): text
        case .bytes(let bytes): String(validating: bytes, as: UTF8.self)
        default: nil
        }
    }

    /// Bytes, or those of a text in UTF-8.
    public var asBytes: ArraySlice<UInt8>? {
        switch self {
        case .bytes(let bytes): bytes
        case .text(let text): ArraySlice(text.utf8)
        default: nil
        }
    }

    /// The items of a list or a tuple.
    public var asList: [MessageValue]? {
        switch self {
        case .list(let items), .tuple(let items): items
        default: nil
        }
    }

    /// The keys of a dict and their values.
    public var asDict: [(key: MessageValue, value: MessageValue)]? {
        if case .dict(let pairs) = self { pairs } else { nil }
    }

    /// The value of a dict under a key that is this text, or its bytes; the first if there are several.
    ///
    /// Looks at the keys one after the other.
    public subscript(key: String) -> MessageValue? {
        asDict?.first { $0.key.isText(key) }?.value
    }

    private func isText(_ other: String) -> Bool {
        switch self {
        case .text(let text): text.utf8.elementsEqual(other.utf8)
        case .bytes(let bytes): bytes.elementsEqual(other.utf8)
        default: false
        }
    }
}

extension MessageValue: Equatable {
    public static func == (left: MessageValue, right: MessageValue) -> Bool {
        switch (left, right) {
        case (.none, .none): true
        case (.bool(let left), .bool(let right)): left == right
        case (.integer(let left), .integer(let right)): left == right
        case (.real(let left), .real(let right)): left == right
        case (.bytes(let left), .bytes(let right)): left == right
        case (.text(let left), .text(let right)): left.utf8.elementsEqual(right.utf8)
        case (.tuple(let left), .tuple(let right)), (.list(let left), .list(let right)): left == right
        case (.dict(let left), .dict(let right)): left.elementsEqual(right, by: ==)
        default: false
        }
    }
}
