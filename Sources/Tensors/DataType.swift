/// The type of a tensor's elements.
///
/// Little-endian in memory and on the wire. To add one, add a case: the compiler lists every switch.
public enum DataType: UInt8, CaseIterable, Sendable {
    case float32
    case float64
    case float16
    case bfloat16
    case int8
    case int16
    case int32
    case int64
    case uint8
    case uint16
    case uint32
    case uint64
    case bool
    case string

    /// The name on the wire, in upper case: `FLOAT`, `INT64`, ...
    public var wireName: StaticString {
        switch self {
        case .float32: "FLOAT"
        case .float64: "DOUBLE"
        case .float16: "FLOAT16"
        case .bfloat16: "BFLOAT16"
        case .int8: "INT8"
        case .int16: "INT16"
        case .int32: "INT32"
        case .int64: "INT64"
        case .uint8: "UINT8"
        case .uint16: "UINT16"
        case .uint32: "UINT32"
        case .uint64: "UINT64"
        case .bool: "BOOL"
        case .string: "STRING"
        }
    }

    /// Bytes of one element; nil for strings, whose elements differ in length.
    public var byteWidth: Int? {
        switch self {
        case .int8, .uint8, .bool: 1
        case .int16, .uint16, .float16, .bfloat16: 2
        case .float32, .int32, .uint32: 4
        case .float64, .int64, .uint64: 8
        case .string: nil
        }
    }

    /// The type with this wire name, in any case; nil if there is none.
    public init?(wireName name: Span<UInt8>) {
        for type in Self.allCases where type.wireName.equalsIgnoringCase(name) {
            self = type
            return
        }
        return nil
    }
}

extension StaticString {
    /// Whether `bytes` spell this upper-case ASCII word, in any case.
    @inlinable
    public func equalsIgnoringCase(_ bytes: Span<UInt8>) -> Bool {
        guard bytes.count == utf8CodeUnitCount else { return false }
        return withUTF8Buffer { word in
            let letters = unsafe word.span
            for index in bytes.indices {
                let byte = bytes[index]
                let upper = byte >= 0x61 && byte <= 0x7A ? byte &- 0x20 : byte
                if upper != letters[index] { return false }
            }
            return true
        }
    }
}
