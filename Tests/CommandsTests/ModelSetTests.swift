import Execution
import Testing

@testable import Commands
@testable import Redis

@Suite struct ModelSetTests {
    static func options(_ line: Line) throws -> ModelOptions { try line.parsed(as: ModelSet.self).options }

    @Test func readsTheKey() throws {
        #expect(try Line("AI.MODELSET my:key ONNX CPU BLOB x").parsed(as: ModelSet.self).key.word == "my:key")
    }

    @Test(
        arguments: [
            ("AI.MODELSET k onnx cpu BLOB x", .onnxRuntime), ("AI.MODELSET k TORCH GPU:1 BLOB x", .torch),
            ("AI.MODELSET k TFLITE CPU BLOB x", .tensorFlowLite),
            ("AI.MODELSET k TF CPU INPUTS a OUTPUTS b BLOB x", .tensorFlow),
        ] as [(Line, BackendKind)])
    func readsTheBackend(_ line: Line, _ backend: BackendKind) throws {
        #expect(try Self.options(line).backend == backend)
    }

    @Test func keepsTheDeviceAsTyped() throws {
        #expect(try Self.options("AI.MODELSET k ONNX gPu:1 BLOB x").device.text == Array("gPu:1".utf8))
    }

    @Test(
        arguments: [
            ("AI.MODELSET k ONNX CPU BLOB x", ""), ("AI.MODELSET k ONNX CPU TAG v1 BLOB x", "v1"),
        ] as [(Line, String)])
    func readsTheTag(_ line: Line, _ tag: String) throws {
        #expect(try Self.options(line).tag == Array(tag.utf8))
    }

    @Test(
        arguments: [
            ("AI.MODELSET k ONNX CPU BLOB x", 0, 0, 0),
            ("AI.MODELSET k ONNX CPU BATCHSIZE 4 BLOB x", 4, 0, 0),
            ("AI.MODELSET k ONNX CPU TAG t BATCHSIZE 4 MINBATCHSIZE 2 MINBATCHTIMEOUT 7 BLOB x", 4, 2, 7),
            ("AI.MODELSET k ONNX CPU BATCHSIZE 4 MINBATCHSIZE 0 BLOB x", 4, 0, 0),
        ] as [(Line, Int, Int, Int)])
    func readsTheBatching(_ line: Line, _ size: Int, _ minimum: Int, _ timeout: Int) throws {
        let expected = BatchSettings(
            maximumSize: size, minimumSize: minimum, minimumTimeoutMilliseconds: timeout)
        #expect(try Self.options(line).batching == expected)
    }

    @Test func anArchiveOfATensorFlowModelNeedsNoNames() throws {
        let options = try Self.options("AI.MODELSET k TF CPU TAG t BLOB PK\u{3}\u{4}rest more")
        #expect(options.inputNames.isEmpty && options.outputNames.isEmpty)
        #expect(options.backend == .tensorFlow)
    }

    @Test(
        arguments: [
            "AI.MODELSET k TF CPU BLOB x more", "AI.MODELSET k TF CPU BLOB PK\u{3} \u{4}",
            "AI.MODELSET k TF CPU BLOB x PK\u{3}\u{4}",
        ] as [Line])
    func anythingElseOfTensorFlowNeedsNames(_ line: Line) {
        let text = "ERR Insufficient arguments, INPUTS and OUTPUTS not specified"
        #expect(line.refusal(by: ModelSet.self) == text)
    }

    @Test func readsTheNamesOfATensorFlowModel() throws {
        let options = try Self.options("AI.MODELSET k TF CPU INPUTS a b OUTPUTS c BLOB x")
        #expect([options.inputNames.texts, options.outputNames.texts] == [["a", "b"], ["c"]])
    }

    @Test(
        arguments: [
            "AI.MODELSET k ONNX CPU INPUTS a OUTPUTS b BLOB x",
            "AI.MODELSET k ONNX CPU any words at all BLOB x",
            "AI.MODELSET k TORCH CPU INPUTS BLOB x",
        ] as [Line])
    func passesOverWordsBeforeTheBlobOfOtherModels(_ line: Line) throws {
        let options = try Self.options(line)
        #expect(options.inputNames.isEmpty && options.outputNames.isEmpty)
    }

    @Test func readsThePiecesOfTheModel() throws {
        let command = try Line("AI.MODELSET k ONNX CPU BLOB x yz").parsed(as: ModelSet.self)
        #expect(command.blob.map(\.word) == ["x", "yz"])
    }

    static let arity = "ERR wrong number of arguments for 'AI.MODELSET' command"
    static let blob = "ERR Insufficient arguments, missing model BLOB"
    static let device = "ERR Invalid DEVICE"
    static let batchSize = "ERR MINBATCHSIZE specified without BATCHSIZE"
    static let timeoutBatch = "ERR MINBATCHTIMEOUT specified without BATCHSIZE"
    static let timeoutMinimum = "ERR MINBATCHTIMEOUT specified without MINBATCHSIZE"

    @Test(
        arguments: [
            ("AI.MODELSET", arity), ("AI.MODELSET k", arity), ("AI.MODELSET k ONNX", arity),
            ("AI.MODELSET k PORCH CPU BLOB x", "ERR unsupported backend"),
            ("AI.MODELSET k PORCH INPUTS", "ERR unsupported backend"),
            ("AI.MODELSET k ONNX INPUTS BLOB x", device), ("AI.MODELSET k ONNX outputs BLOB x", device),
            ("AI.MODELSET k ONNX TAG t BLOB x", device), ("AI.MODELSET k ONNX BATCHSIZE 1 BLOB x", device),
            ("AI.MODELSET k ONNX MINBATCHSIZE 1 BLOB x", device),
            ("AI.MODELSET k ONNX MINBATCHTIMEOUT 1 BLOB x", device),
            ("AI.MODELSET k ONNX BLOB x", device), ("AI.MODELSET k ONNX 12345678901 BLOB x", device),
            ("AI.MODELSET k ONNX 1234567890 BLOB x", "ERR unsupported device"),
            ("AI.MODELSET k ONNX nonsense BLOB x", "ERR unsupported device"),
            ("AI.MODELSET k ONNX CPU:x BLOB x", "ERR unsupported device"),
            ("AI.MODELSET k ONNX '' BLOB x", "ERR unsupported device"),
            ("AI.MODELSET k ONNX CPU:123456 BLOB x", "ERR unsupported device"),
            ("AI.MODELSET k ONNX nonsense", blob),
            ("AI.MODELSET k TFLITE nonsense BLOB x", "ERR Unsupported device"),
            (
                "AI.MODELSET k TFLITE CPU BATCHSIZE 1 BLOB x",
                "ERR Auto-batching not supported by the TFLITE backend"
            ),
            (
                "AI.MODELSET k TFLITE CPU BATCHSIZE x BLOB x",
                "ERR Auto-batching not supported by the TFLITE backend"
            ),
            ("AI.MODELSET k ONNX CPU BATCHSIZE x BLOB b", "ERR Invalid argument for BATCHSIZE"),
            ("AI.MODELSET k ONNX CPU BATCHSIZE -1 BLOB b", "ERR Invalid argument for BATCHSIZE"),
            ("AI.MODELSET k ONNX CPU BATCHSIZE", "ERR Invalid argument for BATCHSIZE"),
            ("AI.MODELSET k ONNX CPU MINBATCHSIZE 0 BLOB b", batchSize),
            ("AI.MODELSET k ONNX CPU MINBATCHSIZE x BLOB b", batchSize),
            ("AI.MODELSET k ONNX CPU BATCHSIZE 0 MINBATCHSIZE 1 BLOB b", batchSize),
            (
                "AI.MODELSET k ONNX CPU BATCHSIZE 4 MINBATCHSIZE x BLOB b",
                "ERR Invalid argument for MINBATCHSIZE"
            ),
            ("AI.MODELSET k ONNX CPU BATCHSIZE 4 MINBATCHSIZE", "ERR Invalid argument for MINBATCHSIZE"),
            ("AI.MODELSET k ONNX CPU MINBATCHTIMEOUT 0 BLOB b", timeoutBatch),
            ("AI.MODELSET k ONNX CPU MINBATCHTIMEOUT x BLOB b", timeoutBatch),
            ("AI.MODELSET k ONNX CPU BATCHSIZE 0 MINBATCHTIMEOUT 1 BLOB b", timeoutBatch),
            ("AI.MODELSET k ONNX CPU BATCHSIZE 4 MINBATCHTIMEOUT 0 BLOB b", timeoutMinimum),
            ("AI.MODELSET k ONNX CPU BATCHSIZE 4 MINBATCHSIZE 0 MINBATCHTIMEOUT x BLOB b", timeoutMinimum),
            (
                "AI.MODELSET k ONNX CPU BATCHSIZE 4 MINBATCHSIZE 2 MINBATCHTIMEOUT x BLOB b",
                "ERR Invalid argument for MINBATCHTIMEOUT"
            ),
            (
                "AI.MODELSET k ONNX CPU BATCHSIZE 4 MINBATCHSIZE 2 MINBATCHTIMEOUT",
                "ERR Invalid argument for MINBATCHTIMEOUT"
            ),
            (
                "AI.MODELSET k ONNX CPU BATCHSIZE 2 MINBATCHSIZE 3 BLOB b",
                "ERR MINBATCHSIZE must not exceed BATCHSIZE"
            ),
            ("AI.MODELSET k TF CPU BLOB x", "ERR Insufficient arguments, INPUTS and OUTPUTS not specified"),
            ("AI.MODELSET k TF CPU", "ERR Insufficient arguments, INPUTS and OUTPUTS not specified"),
            ("AI.MODELSET k TF CPU a INPUTS b BLOB x", "ERR INPUTS not specified"),
            ("AI.MODELSET k TF CPU OUTPUTS b BLOB x", "ERR INPUTS not specified"),
            ("AI.MODELSET k TF CPU INPUTS a BLOB x", "ERR OUTPUTS not specified"),
            ("AI.MODELSET k TF CPU INPUTS a", "ERR OUTPUTS not specified"),
            ("AI.MODELSET k TF CPU INPUTS a OUTPUTS b", blob),
            ("AI.MODELSET k TF CPU INPUTS a OUTPUTS b BLOB", blob),
            ("AI.MODELSET k ONNX CPU", blob), ("AI.MODELSET k ONNX CPU BLOB", blob),
            ("AI.MODELSET k ONNX CPU a b c", blob),
            ("AI.MODELSET k ONNX CPU BATCHSIZE 4", blob),
        ] as [(Line, String)])
    func refuses(_ line: Line, _ text: String) {
        #expect(line.refusal(by: ModelSet.self) == text)
    }
}
