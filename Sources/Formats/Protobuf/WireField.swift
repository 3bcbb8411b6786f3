/// The key of a field in the protobuf encoding.
public struct WireField {
    public let number: UInt32
    public let kind: WireKind

    public init(number: UInt32, kind: WireKind) {
        self.number = number
        self.kind = kind
    }
}
