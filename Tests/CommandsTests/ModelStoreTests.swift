import Execution
import Testing

@testable import Commands
@testable import Redis

@Suite struct ModelStoreTests {
    static func options(_ line: Line) throws -> ModelOptions { try line.parsed(as: ModelStore.self).options }

    @Test func readsTheKey() throws {
        #expect(
            try Line("AI.MODELSTORE my:key ONNX CPU BLOB x").parsed(as: ModelStore.self).key.word == "my:key")
    }

    @Test(
        arguments: [
            ("AI.MODELSTORE k ONNX CPU BLOB x", .onnxRuntime),
            ("AI.MODELSTORE k onnx CPU BLOB x", .onnxRuntime),
            ("AI.MODELSTORE k Torch CPU BLOB x", .torch),
            ("AI.MODELSTORE k TFLITE CPU BLOB x", .tensorFlowLite),
            ("AI.MODELSTORE k TF CPU INPUTS 1 a OUTPUTS 1 b BLOB x", .tensorFlow),
        ] as [(Line, BackendKind)])
    func readsTheBackend(_ line: Line, _ backend: BackendKind) throws {
        #expect(try Self.options(line).backend == backend)
    }

    @Test(arguments: ["CPU", "cpu", "GPU", "gpu:1", "CPU:", "CPU:12345"])
    func keepsTheDeviceAsTyped(_ device: String) throws {
        #expect(
            try Self.options(Line("AI.MODELSTORE k ONNX \(device) BLOB x")).device.text == Array(device.utf8))
    }

    @Test(
        arguments: [
            ("AI.MODELSTORE k ONNX CPU BLOB x", ""), ("AI.MODELSTORE k ONNX CPU TAG v1 BLOB x", "v1"),
            ("AI.MODELSTORE k ONNX CPU tag BLOB BLOB x", "BLOB"),
            ("AI.MODELSTORE k ONNX CPU TAG '' BLOB x", ""),
        ] as [(Line, String)])
    func readsTheTag(_ line: Line, _ tag: String) throws {
        #expect(try Self.options(line).tag == Array(tag.utf8))
    }

    @Test(
        arguments: [
            ("AI.MODELSTORE k ONNX CPU BLOB x", 0, 0, 0),
            ("AI.MODELSTORE k ONNX CPU BATCHSIZE 4 BLOB x", 4, 0, 0),
            ("AI.MODELSTORE k ONNX CPU BATCHSIZE 4 MINBATCHSIZE 2 BLOB x", 4, 2, 0),
            ("AI.MODELSTORE k ONNX CPU BATCHSIZE 4 MINBATCHSIZE 4 MINBATCHTIMEOUT 7 BLOB x", 4, 4, 7),
            ("AI.MODELSTORE k ONNX CPU batchsize 4 minbatchsize 2 minbatchtimeout 7 blob x", 4, 2, 7),
            ("AI.MODELSTORE k ONNX CPU TAG t BATCHSIZE 4 MINBATCHSIZE 2 MINBATCHTIMEOUT 7 BLOB x", 4, 2, 7),
            ("AI.MODELSTORE k ONNX CPU BATCHSIZE 3.0 BLOB x", 3, 0, 0),
            ("AI.MODELSTORE k ONNX CPU BATCHSIZE 3.9 MINBATCHSIZE 1e0 BLOB x", 3, 1, 0),
            ("AI.MODELSTORE k ONNX CPU BATCHSIZE 0 BLOB x", 0, 0, 0),
            ("AI.MODELSTORE k ONNX CPU MINBATCHSIZE 0 BLOB x", 0, 0, 0),
            ("AI.MODELSTORE k ONNX CPU MINBATCHTIMEOUT 0 BLOB x", 0, 0, 0),
            ("AI.MODELSTORE k ONNX CPU BATCHSIZE 4 MINBATCHTIMEOUT 0 BLOB x", 4, 0, 0),
            ("AI.MODELSTORE k TFLITE CPU BATCHSIZE 4 BLOB x", 4, 0, 0),
        ] as [(Line, Int, Int, Int)])
    func readsTheBatching(_ line: Line, _ size: Int, _ minimum: Int, _ timeout: Int) throws {
        let expected = BatchSettings(
            maximumSize: size, minimumSize: minimum, minimumTimeoutMilliseconds: timeout)
        #expect(try Self.options(line).batching == expected)
    }

    @Test func anArchiveOfATensorFlowModelNeedsNoNames() throws {
        let options = try Self.options("AI.MODELSTORE k TF CPU TAG t BLOB PK\u{3}\u{4}rest more")
        #expect(options.inputNames.isEmpty && options.outputNames.isEmpty)
        #expect(options.backend == .tensorFlow)
    }

    @Test(
        arguments: [
            "AI.MODELSTORE k TF CPU BLOB x more", "AI.MODELSTORE k TF CPU BLOB PK\u{3} \u{4}",
            "AI.MODELSTORE k TF CPU BLOB x PK\u{3}\u{4}",
        ] as [Line])
    func anythingElseOfTensorFlowNeedsNames(_ line: Line) {
        #expect(line.refusal(by: ModelStore.self) == "ERR INPUTS not specified for TF")
    }

    @Test func readsTheNamesOfATensorFlowModel() throws {
        let options = try Self.options("AI.MODELSTORE k TF CPU INPUTS 2 a OUTPUTS OUTPUTS 1 c BLOB x")
        #expect([options.inputNames.texts, options.outputNames.texts] == [["a", "OUTPUTS"], ["c"]])
    }

    @Test func otherModelsKnowTheirNames() throws {
        let options = try Self.options("AI.MODELSTORE k ONNX CPU BLOB x")
        #expect(options.inputNames.isEmpty && options.outputNames.isEmpty)
    }

    @Test(
        arguments: [
            ("AI.MODELSTORE k ONNX CPU BLOB x", ["x"]),
            ("AI.MODELSTORE k ONNX CPU BLOB x yz '' w", ["x", "yz", "", "w"]),
            ("AI.MODELSTORE k ONNX CPU BLOB BLOB", ["BLOB"]), ("AI.MODELSTORE k ONNX CPU BLOB ''", [""]),
        ] as [(Line, [String])])
    func readsThePiecesOfTheModel(_ line: Line, _ pieces: [String]) throws {
        #expect(try line.parsed(as: ModelStore.self).blob.map(\.word) == pieces)
    }

    static let arity = "ERR wrong number of arguments for 'AI.MODELSTORE' command"
    static let blob = "ERR Insufficient arguments, missing model BLOB"
    static let device = "ERR Invalid DEVICE"
    static let noBatch = "ERR MINBATCHSIZE specified without BATCHSIZE"
    static let noMinimum = "ERR MINBATCHTIMEOUT specified without MINBATCHSIZE"
    static let inputNames = "ERR number of model inputs does not match the number of given arguments"
    static let outputNames = "ERR number of model outputs does not match the number of given arguments"
    static let expectedBlob = "ERR Invalid argument, expected BLOB"

    @Test(
        arguments: [
            ("AI.MODELSTORE", arity), ("AI.MODELSTORE k", arity), ("AI.MODELSTORE k ONNX CPU BLOB", arity),
            ("AI.MODELSTORE k WRONG CPU BLOB", arity),
            ("AI.MODELSTORE k PORCH CPU BLOB x", "ERR unsupported backend"),
            ("AI.MODELSTORE k '' CPU BLOB x", "ERR unsupported backend"),
            ("AI.MODELSTORE k CPU ONNX BLOB x", "ERR unsupported backend"),
            ("AI.MODELSTORE k PORCH WRONG BLOB x", "ERR unsupported backend"),
            ("AI.MODELSTORE k ONNX BAD BLOB x", device), ("AI.MODELSTORE k ONNX CPU:x BLOB x", device),
            ("AI.MODELSTORE k ONNX '' BLOB x", device), ("AI.MODELSTORE k ONNX CPU:123456 BLOB x", device),
            ("AI.MODELSTORE k ONNX BLOB x y", device), ("AI.MODELSTORE k ONNX CPU1 BATCHSIZE x", device),
            ("AI.MODELSTORE k ONNX CPU BATCHSIZE x BLOB b", "ERR Invalid argument for BATCHSIZE"),
            ("AI.MODELSTORE k ONNX CPU BATCHSIZE -1 BLOB b", "ERR Invalid argument for BATCHSIZE"),
            ("AI.MODELSTORE k ONNX CPU BATCHSIZE -0.5 BLOB b", "ERR Invalid argument for BATCHSIZE"),
            ("AI.MODELSTORE k ONNX CPU BATCHSIZE nan BLOB b", "ERR Invalid argument for BATCHSIZE"),
            ("AI.MODELSTORE k ONNX CPU BATCHSIZE inf BLOB b", "ERR Invalid argument for BATCHSIZE"),
            ("AI.MODELSTORE k ONNX CPU BATCHSIZE 1e30 BLOB b", "ERR Invalid argument for BATCHSIZE"),
            ("AI.MODELSTORE k ONNX CPU BATCHSIZE '' BLOB b", "ERR Invalid argument for BATCHSIZE"),
            ("AI.MODELSTORE k ONNX CPU TAG t BATCHSIZE", "ERR Invalid argument for BATCHSIZE"),
            (
                "AI.MODELSTORE k ONNX CPU BATCHSIZE 4 MINBATCHSIZE x BLOB b",
                "ERR Invalid argument for MINBATCHSIZE"
            ),
            ("AI.MODELSTORE k ONNX CPU MINBATCHSIZE x BLOB b", "ERR Invalid argument for MINBATCHSIZE"),
            ("AI.MODELSTORE k ONNX CPU BATCHSIZE 4 MINBATCHSIZE", "ERR Invalid argument for MINBATCHSIZE"),
            (
                "AI.MODELSTORE k ONNX CPU BATCHSIZE 4 MINBATCHSIZE -1 BLOB b",
                "ERR Invalid argument for MINBATCHSIZE"
            ),
            ("AI.MODELSTORE k ONNX CPU MINBATCHSIZE 1 BLOB b", noBatch),
            ("AI.MODELSTORE k ONNX CPU BATCHSIZE 0 MINBATCHSIZE 1 BLOB b", noBatch),
            (
                "AI.MODELSTORE k ONNX CPU BATCHSIZE 4 MINBATCHSIZE 2 MINBATCHTIMEOUT x BLOB b",
                "ERR Invalid argument for MINBATCHTIMEOUT"
            ),
            (
                "AI.MODELSTORE k ONNX CPU BATCHSIZE 4 MINBATCHTIMEOUT x BLOB b",
                "ERR Invalid argument for MINBATCHTIMEOUT"
            ),
            (
                "AI.MODELSTORE k ONNX CPU BATCHSIZE 4 MINBATCHSIZE 2 MINBATCHTIMEOUT",
                "ERR Invalid argument for MINBATCHTIMEOUT"
            ),
            ("AI.MODELSTORE k ONNX CPU MINBATCHTIMEOUT 5 BLOB b", noMinimum),
            ("AI.MODELSTORE k ONNX CPU BATCHSIZE 4 MINBATCHTIMEOUT 5 BLOB b", noMinimum),
            ("AI.MODELSTORE k ONNX CPU BATCHSIZE 4 MINBATCHSIZE 0 MINBATCHTIMEOUT 5 BLOB b", noMinimum),
            (
                "AI.MODELSTORE k ONNX CPU BATCHSIZE 2 MINBATCHSIZE 3 BLOB b",
                "ERR MINBATCHSIZE must not exceed BATCHSIZE"
            ),
            (
                "AI.MODELSTORE k ONNX CPU BATCHSIZE 2 MINBATCHSIZE 3 MINBATCHTIMEOUT 1 BLOB b",
                "ERR MINBATCHSIZE must not exceed BATCHSIZE"
            ),
            ("AI.MODELSTORE k ONNX CPU TAG t", blob), ("AI.MODELSTORE k TF CPU TAG t", blob),
            ("AI.MODELSTORE k ONNX CPU BATCHSIZE 4", blob),
            ("AI.MODELSTORE k TF CPU BLOB x", "ERR INPUTS not specified for TF"),
            ("AI.MODELSTORE k TF CPU OUTPUTS 1 b BLOB x", "ERR INPUTS not specified for TF"),
            ("AI.MODELSTORE k TF CPU INPUTS x a OUTPUTS 1 b BLOB x", "ERR Invalid argument for input_count"),
            ("AI.MODELSTORE k TF CPU INPUTS 0 OUTPUTS 1 b BLOB x", "ERR Invalid argument for input_count"),
            ("AI.MODELSTORE k TF CPU INPUTS -1 a OUTPUTS 1 b BLOB x", "ERR Invalid argument for input_count"),
            ("AI.MODELSTORE k TF CPU TAG t INPUTS", "ERR Invalid argument for input_count"),
            ("AI.MODELSTORE k TF CPU INPUTS 2 a", inputNames),
            ("AI.MODELSTORE k TF CPU INPUTS 9223372036854775807 a", inputNames),
            ("AI.MODELSTORE k TF CPU INPUTS 7 a OUTPUTS 1 b BLOB x", inputNames),
            (
                "AI.MODELSTORE k ONNX CPU INPUTS 1 a OUTPUTS 1 b BLOB x",
                "ERR INPUTS argument should not be specified for this backend"
            ),
            (
                "AI.MODELSTORE k TORCH CPU inputs 1 a BLOB x",
                "ERR INPUTS argument should not be specified for this backend"
            ),
            ("AI.MODELSTORE k TF CPU INPUTS 1 a BLOB x", "ERR OUTPUTS not specified for TF"),
            ("AI.MODELSTORE k TF CPU INPUTS 1 a", "ERR OUTPUTS not specified for TF"),
            ("AI.MODELSTORE k TF CPU INPUTS 1 a OUTPUTS", "ERR Invalid argument for output_count"),
            ("AI.MODELSTORE k TF CPU INPUTS 1 a OUTPUTS 0 BLOB x", "ERR Invalid argument for output_count"),
            ("AI.MODELSTORE k TF CPU INPUTS 1 a OUTPUTS b BLOB x", "ERR Invalid argument for output_count"),
            ("AI.MODELSTORE k TF CPU INPUTS 1 a OUTPUTS 4 b BLOB x", outputNames),
            ("AI.MODELSTORE k TF CPU INPUTS 1 a OUTPUTS 1", outputNames),
            ("AI.MODELSTORE k TF CPU INPUTS 1 a OUTPUTS 1 b", expectedBlob),
            ("AI.MODELSTORE k ONNX CPU BLUB x", expectedBlob),
            ("AI.MODELSTORE k ONNX CPU BATCHSIZE 1 TAG t BLOB x", expectedBlob),
            ("AI.MODELSTORE k ONNX CPU TAG t TAG t BLOB x", expectedBlob),
            ("AI.MODELSTORE k ONNX CPU OUTPUTS 1 b BLOB x", expectedBlob),
            ("AI.MODELSTORE k TF CPU INPUTS 1 a OUTPUTS 1 b BLUB x", expectedBlob),
            ("AI.MODELSTORE k ONNX CPU TAG t BLOB", blob),
            ("AI.MODELSTORE k TF CPU INPUTS 1 a OUTPUTS 1 b BLOB", blob),
        ] as [(Line, String)])
    func refuses(_ line: Line, _ text: String) {
        #expect(line.refusal(by: ModelStore.self) == text)
    }
}
