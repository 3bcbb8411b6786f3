/// How a field's value is written in the protobuf encoding.
public enum WireKind: UInt32 {
    case varint = 0
    case fixed64 = 1
    case lengthDelimited = 2
    case groupStart = 3
    case groupEnd = 4
    case fixed32 = 5
}
