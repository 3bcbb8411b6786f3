import Testing

/// Numbers of the runtimes' formats and interfaces have names, in files that are written from the vendors'
/// own descriptions (Scripts/vendor_names) and in a few that no package describes.
@Suite struct VendorNumberTests {
    static let list = FileList(
        files: [
            "Sources/Backends/LiteRT/Schema/TFLiteElement.swift",
            "Sources/Backends/LiteRT/Schema/TFLiteField.swift",
            "Sources/Backends/LiteRT/Schema/TFLiteOperator.swift",
            "Sources/Backends/LiteRT/Schema/TFLiteOptions.swift",
            "Sources/Backends/LiteRT/Schema/TFLiteOptions2.swift",
            "Sources/Backends/ONNXRuntime/ONNXField.swift",
            "Sources/Backends/TensorFlow/TensorFlowField.swift",
            "Sources/CONNXRuntime/include/onnx_constants.h",
            "Sources/CTensorFlow/include/tensorflow_constants.h",
            // The encoding of all messages, and the entries of their maps.
            "Sources/Formats/Protobuf/WireKind.swift",
            "Sources/Formats/Protobuf/WireMapEntry.swift",
            // No package has LiteRT's headers; its self-test and the models of the tests run through these.
            "Sources/CLiteRT/include/litert_base.h",
            "Sources/CLiteRT/include/litert_tensor.h",
        ], subject: "a vendor's number"
    ) { file in
        let forms = file.has(ending: "swift") ? swift : c
        return file.code.indices.filter { index in
            let line = file.code[index]
            // Expressions are slow.
            return line.contains(where: \.isNumber) && forms.contains { form in line.contains(form()) }
        }
        .map { $0 + 1 }
    }

    /// Sources of the runtimes: those of ours, and the declarations of theirs.
    private static let targets: Set<String> = [
        "Backends", "Formats", "CONNXRuntime", "CTensorFlow", "CLiteRT",
    ]

    /// How numbers stand in Swift: compared with, given as a field, as the key of a field, as a name's value.
    private static let swift: [@Sendable () -> Regex<Substring>] = [
        { /field\.number (?:==|!=|<=|>=|<|>) [0-9]/ },
        { /(?:field|table|tables|vector|numbers|text|index|spend|forEach)\([0-9]+,/ },
        { /\.(?:number|message)\([0-9]+,/ },
        { /^ *[0-9]+: \.?[a-z]/ },
        { /fields\[[0-9]+\]/ },
        { /^ *case [0-9]+(?:, [0-9]+)*(?: where .*)?: .*reader\./ },
        { /^ *(?:package )?static let [a-zA-Z0-9`]+: (?:Int|UInt32) = [0-9]+$/ },
        { /^ *case [a-zA-Z0-9`]+ = -?[0-9]+$/ },
    ]

    /// How they stand in C: as the value of a name, as a place in a table.
    private static let c: [@Sendable () -> Regex<Substring>] = [
        { /^ *(?:enum \{ )?[A-Za-z][A-Za-z0-9_]* = -?[0-9]+(?:,| \};) *$/ },
        { /_AT\([0-9]+/ },
    ]

    @Test func vendorsNumbersStandInTheListedFilesOnly() {
        let files = SourceTree.files.filter { file in
            file.target.map { Self.targets.contains($0) } ?? false && file.has(ending: "swift", "h", "c")
        }
        #expect(Self.list.findings(in: files) == [])
    }

    @Test(arguments: [
        "guard field.number == 5 else {", "try reader.tables(8, of: model)",
        "case 5, 6: try reader.skip(field)",
        "case 3 where field.kind == .varint: x = try reader.nextVarint(bytes)", "$0.number(2, 60_000)",
        "0: .list(tensors),", "fields[3] = .byte(kind)", "case reshape = 22", "static let int8: Int = 9",
    ])
    func aNumberIsFoundInSwift(_ text: String) {
        #expect(Self.list.lines(SourceFile(path: "Sources/Backends/New.swift", text: text)) == [1])
    }

    @Test(arguments: [
        "    ONNX_ELEMENT_INT8 = 3,", "enum { LITERT_RANKED = 0 };", "ONNX_AT(93, void)(status);",
    ])
    func aNumberIsFoundInC(_ text: String) {
        #expect(Self.list.lines(SourceFile(path: "Sources/CONNXRuntime/new.h", text: text)) == [1])
    }

    @Test(arguments: [
        "guard field.number == number else {", "try reader.tables(TFLiteField.Model.buffers, of: model)",
        "case WireMapEntry.key: try reader.readOnce(&key, field, bytes)", "static let maximumRank = 8",
    ])
    func aNameIsNone(_ text: String) {
        #expect(Self.list.lines(SourceFile(path: "Sources/Backends/New.swift", text: text)) == [])
    }
}
