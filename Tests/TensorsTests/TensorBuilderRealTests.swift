import Tensors
import Testing

/// Floating-point numbers as `VALUES` gives them: by the rules of the server's own commands.
@Suite struct TensorBuilderRealTests {
    static let spellings: [(String, Double)] = [
        ("0", 0), ("-0", -0.0), ("1", 1), ("+1", 1), ("-1.5", -1.5), ("1.", 1), (".5", 0.5), ("1e3", 1000),
        ("1E-2", 0.01), ("00012", 12), ("0x10", 16), ("0x1p-3", 0.125), ("inf", .infinity),
        ("-inf", -.infinity), ("+inf", .infinity), ("Infinity", .infinity), ("INF", .infinity),
        ("1.7976931348623157e308", .greatestFiniteMagnitude), ("5e-324", 0x1p-1074),
        ("2.2250738585072014e-308", 0x1p-1022), ("0.1", 0.1), ("9007199254740993", 9007199254740992),
    ]

    @Test(arguments: spellings)
    func readsEverySpellingOfADouble(_ text: String, _ value: Double) throws {
        #expect(try tensor(.float64, values: text).content == bytes(of: [value.bitPattern]))
    }

    static let realTypes: [DataType] = [.float32, .float64, .float16, .bfloat16]
    static let refused = [
        "", "-", "+", ".", "e1", "nan", "-nan", "NaN", "nan(1)", "1e309", "-1e309", "1e-400", "-1e-400", " 1",
        "\t1",
        "\n1", "1 ", "1\n", "1x", "1,5", "1.0.0", "--1", "0x", "one", "infinit", "\0", "1\0", "1\u{0}2",
    ]

    @Test(arguments: realTypes, refused)
    func refusesWhatTheServerDoesNotTakeForADouble(_ type: DataType, _ text: String) {
        #expect(throws: TensorError.invalidValue) { try tensor(type, values: text) }
    }

    @Test(
        arguments: [
            (.float32, [0x00, 0x00, 0x80, 0x7F]), (.float64, [0, 0, 0, 0, 0, 0, 0xF0, 0x7F]),
            (.float16, [0x00, 0x7C]), (.bfloat16, [0x80, 0x7F]),
        ] as [(DataType, [UInt8])])
    func takesInfinity(_ type: DataType, _ content: [UInt8]) throws {
        #expect(try tensor(type, values: "inf").content == content)
    }

    @Test(
        arguments: [
            ("3.4028234663852886e38", 0x7F7F_FFFF), ("3.4028235677973366e38", 0x7F80_0000),
            ("3.4028235677973362e38", 0x7F7F_FFFF), ("-3.5e38", 0xFF80_0000), ("1e300", 0x7F80_0000),
            ("1.401298464324817e-45", 1), ("7.006492321624085e-46", 0), ("7.006492321624087e-46", 1),
            ("-7.006492321624085e-46", 0x8000_0000), ("1e-300", 0), ("0x1.000001p0", 0x3F80_0000),
            ("0x1.000003p0", 0x3F80_0002), ("0x1.0000010000001p0", 0x3F80_0001), ("16777217", 0x4B80_0000),
            ("16777219", 0x4B80_0002), ("-16777217", 0xCB80_0000), ("0.1", 0x3DCC_CCCD),
        ] as [(String, UInt32)])
    func roundsToTheNearestSingle(_ text: String, _ bits: UInt32) throws {
        #expect(try tensor(.float32, values: text).content == bytes(of: [bits]))
    }

    @Test(
        arguments: [
            ("65504", 0x7BFF), ("65519.99", 0x7BFF), ("65520", 0x7C00), ("-65520", 0xFC00), ("1e300", 0x7C00),
            ("2049", 0x6800), ("2051", 0x6802), ("0.1", 0x2E66), ("1.00048828125", 0x3C00),
            ("1.0004882812500002", 0x3C01), ("-1e-300", 0x8000),
        ] as [(String, UInt16)])
    func roundsToTheNearestHalf(_ text: String, _ bits: UInt16) throws {
        #expect(try tensor(.float16, values: text).content == bytes(of: [bits]))
    }

    @Test(
        arguments: [
            ("257", 0x4380), ("259", 0x4382), ("0.1", 0x3DCD), ("1.00390625", 0x3F80),
            ("1.0039062500000002", 0x3F81), ("1e300", 0x7F80), ("-1e300", 0xFF80), ("-1e-300", 0x8000),
        ] as [(String, UInt16)])
    func roundsToTheNearestBrainFloat(_ text: String, _ bits: UInt16) throws {
        #expect(try tensor(.bfloat16, values: text).content == bytes(of: [bits]))
    }

    @Test func takesATextOfTheLongestLength() throws {
        let padded = "1." + String(repeating: "0", count: 1098)
        #expect(try tensor(.float64, values: padded).content == bytes(of: [(1.0).bitPattern]))
    }

    @Test func refusesATextOfOneMore() {
        let padded = "1." + String(repeating: "0", count: 1099)
        #expect(throws: TensorError.invalidValue) { try tensor(.float64, values: padded) }
    }

    /// The smallest double written out in full.
    @Test func readsTheLongestExactDouble() throws {
        let digits = Self.exactDigitsOfSmallestDouble
        #expect(try tensor(.float64, values: "0." + digits).content == bytes(of: [1] as [UInt64]))
    }

    /// 2^-1074 = 5^1074 / 10^1074, by long multiplication.
    static var exactDigitsOfSmallestDouble: String {
        var digits: [Int] = [1]
        for _ in 0..<1074 {
            var carry = 0
            for index in digits.indices {
                let product = digits[index] * 5 + carry
                digits[index] = product % 10
                carry = product / 10
            }
            if carry > 0 { digits.append(carry) }
        }
        let text = digits.reversed().map(String.init).joined()
        return String(repeating: "0", count: 1074 - text.count) + text
    }
}
