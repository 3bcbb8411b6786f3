/// A number of the protobuf encoding.
public struct WireVarint {
    /// The lower 64 bits.
    public let value: UInt64
    /// Whether no bit at all was set, those beyond 64 included.
    public let isZero: Bool

    public init(value: UInt64, isZero: Bool) {
        self.value = value
        self.isZero = isZero
    }
}
