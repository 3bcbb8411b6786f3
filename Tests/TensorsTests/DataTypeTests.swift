import Tensors
import Testing

@Suite struct DataTypeTests {
    static let names: [(DataType, String, Int?)] = [
        (.float32, "FLOAT", 4), (.float64, "DOUBLE", 8), (.float16, "FLOAT16", 2), (.bfloat16, "BFLOAT16", 2),
        (.int8, "INT8", 1), (.int16, "INT16", 2), (.int32, "INT32", 4), (.int64, "INT64", 8),
        (.uint8, "UINT8", 1), (.uint16, "UINT16", 2), (.uint32, "UINT32", 4), (.uint64, "UINT64", 8),
        (.bool, "BOOL", 1), (.string, "STRING", nil),
    ]

    static func type(named name: String) -> DataType? { DataType(wireName: bytes(of: name).span) }

    @Test func theTableNamesEveryType() {
        #expect(Self.names.map(\.0) == DataType.allCases)
    }

    @Test(arguments: names)
    func hasItsNameOnTheWire(_ type: DataType, _ name: String, _ width: Int?) {
        #expect(type.wireName.description == name)
    }

    @Test(arguments: names)
    func isFoundByItsNameInUpperCase(_ type: DataType, _ name: String, _ width: Int?) {
        #expect(Self.type(named: name) == type)
    }

    @Test(arguments: names)
    func isFoundByItsNameInLowerCase(_ type: DataType, _ name: String, _ width: Int?) {
        #expect(Self.type(named: name.lowercased()) == type)
    }

    @Test(arguments: names)
    func hasTheWidthOfItsElements(_ type: DataType, _ name: String, _ width: Int?) {
        #expect(type.byteWidth == width)
    }

    @Test func isFoundInMixedCase() {
        #expect(Self.type(named: "uInT16") == .uint16)
    }

    @Test(arguments: [
        "", " ", "FLOA", "FLOAT ", " FLOAT", "FLOAT32", "FLOAT64", "INT", "INT128", "UINT", "BOOLEAN",
        "STR", "FLOAT\0", "DOUBLE16", "[NT8", "\u{130}NT8",
    ])
    func refusesOtherNames(_ name: String) {
        #expect(Self.type(named: name) == nil)
    }
}

@Suite struct WordComparisonTests {
    static func spells(_ bytes: [UInt8], _ word: StaticString) -> Bool { word.equalsIgnoringCase(bytes.span) }

    @Test(arguments: ["BLOB", "blob", "bLoB"])
    func ignoresTheCaseOfLetters(_ word: String) {
        #expect(Self.spells(bytes(of: word), "BLOB"))
    }

    @Test(arguments: ["", "BLO", "BLOBS", "BLOC", "B\u{2}OB"])
    func tellsOtherWordsApart(_ word: String) {
        #expect(!Self.spells(bytes(of: word), "BLOB"))
    }

    @Test func doesNotTakeSignsForLetters() {
        // Each is 32 above or below a character of the word, as lower-case letters are of upper-case ones.
        #expect(!Self.spells([0x7F, 0x60, 0x7B], "_@["))
    }

    @Test func findsTheEmptyWordEmpty() {
        #expect(Self.spells([], ""))
    }
}
