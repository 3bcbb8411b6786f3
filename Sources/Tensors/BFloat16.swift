/// The upper half of a 32-bit float: 8 bits of exponent, 7 of fraction.
public struct BFloat16: BitwiseCopyable, Sendable {
    public let bitPattern: UInt16

    public init(bitPattern: UInt16) { self.bitPattern = bitPattern }

    /// Rounds to the nearest, ties to even; beyond the range becomes infinity.
    public init(_ value: Double) {
        let bits = Self.roundedToOdd(value).bitPattern
        let roundingBias = 0x7FFF &+ ((bits >> 16) & 1)
        let isNotANumber = value.isNaN
        bitPattern = isNotANumber ? 0x7FC0 : UInt16(truncatingIfNeeded: (bits &+ roundingBias) >> 16)
    }

    /// The exact value.
    public var value: Float { Float(bitPattern: UInt32(bitPattern) << 16) }

    /// The neighbour toward zero with its last bit set unless exact, so that the next rounding is right.
    private static func roundedToOdd(_ value: Double) -> Float {
        let nearest = Float(value)
        guard value.isFinite, Double(nearest) != value else { return nearest }
        let isAbove = nearest.magnitude.isInfinite || Double(nearest).magnitude > value.magnitude
        let towardZero = isAbove ? nearest.bitPattern &- 1 : nearest.bitPattern
        return Float(bitPattern: towardZero | 1)
    }
}
