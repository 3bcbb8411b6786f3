import Tensors
import Testing

/// Integers as `VALUES` gives them.
@Suite struct TensorBuilderIntegerTests {
    /// Type, text, and the bytes that it stands for.
    static let readable: [(DataType, String, [UInt8])] = [
        (.int8, "0", [0]), (.int8, "-127", [0x81]), (.int8, "127", [0x7F]), (.int8, "-1", [0xFF]),
        (.int8, "-5", [0xFB]),
        (.int16, "-32767", bytes(of: [-32767] as [Int16])), (.int16, "32767", [0xFF, 0x7F]),
        (.int16, "-2", [0xFE, 0xFF]), (.int16, "258", [2, 1]),
        (.int32, "-2147483647", bytes(of: [-2_147_483_647] as [Int32])),
        (.int32, "2147483647", [0xFF, 0xFF, 0xFF, 0x7F]), (.int32, "16909060", [4, 3, 2, 1]),
        (.int64, "-9223372036854775807", bytes(of: [-Int64.max])),
        (.int64, "9223372036854775807", bytes(of: [Int64.max])),
        (.int64, "72623859790382856", [8, 7, 6, 5, 4, 3, 2, 1]),
        (.uint8, "0", [0]), (.uint8, "1", [1]), (.uint8, "255", [255]),
        (.uint16, "0", [0, 0]), (.uint16, "1", [1, 0]), (.uint16, "65535", [255, 255]),
        (.uint32, "0", [0, 0, 0, 0]), (.uint32, "1", [1, 0, 0, 0]),
        (.uint32, "4294967295", [255, 255, 255, 255]),
        (.uint64, "0", bytes(of: [0] as [UInt64])), (.uint64, "1", bytes(of: [1] as [UInt64])),
        (.uint64, "9223372036854775808", bytes(of: [1 << 63] as [UInt64])),
        (.uint64, "18446744073709551615", bytes(of: [UInt64.max])),
        (.bool, "0", [0]), (.bool, "1", [1]),
    ]

    @Test(arguments: readable)
    func readsWhatFitsIntoTheType(_ type: DataType, _ text: String, _ content: [UInt8]) throws {
        #expect(try tensor(type, values: text).content == content)
    }

    /// The minimum and what is beside it: refused as the original does, whose clients test for it.
    @Test(
        arguments: [
            (.int8, "-128"), (.int16, "-32768"), (.int32, "-2147483648"), (.int64, "-9223372036854775808"),
        ] as [(DataType, String)])
    func refusesTheMinimumOfASignedType(_ type: DataType, _ text: String) {
        #expect(throws: TensorError.invalidValue) { try tensor(type, values: text) }
    }

    @Test(
        arguments: [
            (.int8, "-129"), (.int8, "128"), (.int8, "256"), (.int8, "1280"),
            (.int16, "-32769"), (.int16, "32768"), (.int16, "65536"),
            (.int32, "-2147483649"), (.int32, "2147483648"), (.int32, "4294967296"),
            (.int64, "-9223372036854775809"), (.int64, "9223372036854775808"),
            (.int64, "18446744073709551616"),
            (.int64, "99999999999999999999999999"),
            (.uint8, "-1"), (.uint8, "256"), (.uint8, "300"), (.uint8, "2550"),
            (.uint16, "-1"), (.uint16, "65536"), (.uint32, "-1"), (.uint32, "4294967296"),
            (.uint64, "-1"), (.uint64, "18446744073709551616"), (.uint64, "184467440737095516150"),
            (.bool, "-1"), (.bool, "2"), (.bool, "255"), (.bool, "256"),
        ] as [(DataType, String)])
    func refusesWhatIsBeyondTheRange(_ type: DataType, _ text: String) {
        #expect(throws: TensorError.invalidValue) { try tensor(type, values: text) }
    }

    static let integerTypes: [DataType] = [
        .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .bool,
    ]
    static let otherSpellings = [
        "", "-", "+", "-0", "00", "01", "-01", "+1", " 1", "1 ", "1\n", "\t1", "0x1", "0X01", "1.0", "1.",
        "1e0",
        "1_0", "1,0", "--1", "1-", "a", "true", "inf", "nan", "\0", "1\0", "\u{661}", "/", ":",
    ]

    @Test(arguments: integerTypes, otherSpellings)
    func refusesAnythingButAPlainDecimal(_ type: DataType, _ text: String) {
        #expect(throws: TensorError.invalidValue) { try tensor(type, values: text) }
    }

    @Test(arguments: integerTypes)
    func keepsTheOrderOfTheValues(_ type: DataType) throws {
        let made = try tensor(type, values: "1", "0", "1", "1")
        let width = type.byteWidth ?? 0
        let lowBytes = stride(from: 0, to: 4 * width, by: width).map { made.content[$0] }
        #expect(lowBytes == [1, 0, 1, 1])
    }
}
