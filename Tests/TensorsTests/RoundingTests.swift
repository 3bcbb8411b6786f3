import Tensors
import Testing

/// To 16 bits: to the nearest, ties to even, beyond the range to infinity.
@Suite struct RoundingTests {
    static let halves: [(Double, UInt16)] = [
        (0, 0x0000), (-0.0, 0x8000), (1, 0x3C00), (-2, 0xC000), (0x1.004p0, 0x3C01),
        // Ties and their neighbours.
        (0x1.002p0, 0x3C00), (0x1.0020000000001p0, 0x3C01), (0x1.001ffffffffffp0, 0x3C00),
        (0x1.006p0, 0x3C02), (-0x1.002p0, 0xBC00), (-0x1.006p0, 0xBC02),
        // The border to infinity.
        (0x1.FFCp15, 0x7BFF), (0x1.FFDFFFFFFFFFFp15, 0x7BFF), (0x1.FFEp15, 0x7C00), (-0x1.FFEp15, 0xFC00),
        (1e300, 0x7C00), (.infinity, 0x7C00), (-.infinity, 0xFC00),
        // Subnormal numbers.
        (0x1p-14, 0x0400), (0x1.FF8p-15, 0x03FF), (0x1.FFCp-15, 0x0400), (0x1.FFBFFFFFFFFFFp-15, 0x03FF),
        (0x1p-24, 0x0001), (0x1p-25, 0x0000), (0x1.0000000000001p-25, 0x0001), (-0x1p-25, 0x8000),
        (0x1.8p-24, 0x0002), (0x1.4p-23, 0x0002), (0x1p-1074, 0x0000), (-0x1p-1074, 0x8000),
    ]

    static let brainFloats: [(Double, UInt16)] = [
        (0, 0x0000), (-0.0, 0x8000), (1, 0x3F80), (-2, 0xC000), (0x1.02p0, 0x3F81),
        // Ties and their neighbours, those that only a double can tell from a tie included.
        (0x1.01p0, 0x3F80), (0x1.0100000000001p0, 0x3F81), (0x1.00FFFFFFFFFFFp0, 0x3F80),
        (0x1.03p0, 0x3F82), (0x1.02FFFFFFFFFFFp0, 0x3F81), (-0x1.01p0, 0xBF80),
        (-0x1.0100000000001p0, 0xBF81),
        (-0x1.03p0, 0xBF82),
        // The border to infinity, which lies below that of a single.
        (0x1.FEp127, 0x7F7F), (0x1.FEFFFFFFFFFFFp127, 0x7F7F), (0x1.FFp127, 0x7F80), (-0x1.FFp127, 0xFF80),
        (0x1.FFFFFEp127, 0x7F80), (1e300, 0x7F80), (-1e300, 0xFF80), (.infinity, 0x7F80),
        (-.infinity, 0xFF80),
        // Subnormal numbers.
        (0x1p-126, 0x0080), (0x1.FCp-127, 0x007F), (0x1.FEp-127, 0x0080), (0x1.FDFFFFFFFFFFFp-127, 0x007F),
        (0x1p-133, 0x0001), (0x1p-134, 0x0000), (0x1.0000000000001p-134, 0x0001), (-0x1p-134, 0x8000),
        (0x1.8p-133, 0x0002), (0x1.4p-132, 0x0002), (0x1p-149, 0x0000), (0x1p-1074, 0x0000),
        (-0x1p-1074, 0x8000),
    ]

    @Test(arguments: brainFloats)
    func brainFloatIsTheNearest(_ value: Double, _ bits: UInt16) {
        #expect(BFloat16(value).bitPattern == bits)
    }

    @Test(arguments: brainFloats)
    func brainFloatKeepsTheSignOfItsOpposite(_ value: Double, _ bits: UInt16) {
        #expect(BFloat16(-value).bitPattern == bits ^ 0x8000)
    }

    @Test func brainFloatIsNotANumberIfTheDoubleIsNone() {
        #expect(BFloat16(Double.nan).value.isNaN)
    }

    /// The tensor's element, which is what counts; written as the shortest text that is this double.
    @Test(arguments: halves)
    func halfIsTheNearest(_ value: Double, _ bits: UInt16) throws {
        #expect(try tensor(.float16, values: "\(value)").content == bytes(of: [bits]))
    }

    @Test(arguments: brainFloats)
    func brainFloatElementIsTheNearest(_ value: Double, _ bits: UInt16) throws {
        #expect(try tensor(.bfloat16, values: "\(value)").content == bytes(of: [bits]))
    }

    /// Below each finite value, from which the next one is told apart at the middle.
    static let finitePatterns: Range<UInt16> = 0..<0x7F7F

    @Test func everyBrainFloatIsItself() {
        let wrong = (0...0x7F80 as ClosedRange<UInt16>).filter {
            BFloat16(Double(BFloat16(bitPattern: $0).value)).bitPattern != $0
        }
        #expect(wrong.isEmpty)
    }

    @Test func everyTieOfBrainFloatsGoesToTheEvenOne() {
        let wrong = Self.finitePatterns.filter {
            BFloat16(Self.middle(above: $0)).bitPattern != ($0 + 1) & ~1
        }
        #expect(wrong.isEmpty)
    }

    @Test func justBelowAMiddleOfBrainFloatsIsTheLowerOne() {
        let wrong = Self.finitePatterns.filter { BFloat16(Self.middle(above: $0).nextDown).bitPattern != $0 }
        #expect(wrong.isEmpty)
    }

    @Test func justAboveAMiddleOfBrainFloatsIsTheUpperOne() {
        let wrong = Self.finitePatterns.filter {
            BFloat16(Self.middle(above: $0).nextUp).bitPattern != $0 + 1
        }
        #expect(wrong.isEmpty)
    }

    static func middle(above bits: UInt16) -> Double {
        let lower = Double(BFloat16(bitPattern: bits).value)
        return (lower + Double(BFloat16(bitPattern: bits + 1).value)) / 2
    }
}
