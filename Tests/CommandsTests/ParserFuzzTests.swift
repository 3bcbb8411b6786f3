import Testing

@testable import Commands
@testable import Redis

/// Random words into every parser: each ends with a value or one of our sentences, and none traps.
@Suite struct ParserFuzzTests {
    static let keywords = [
        "AI.MODELEXECUTE", "FLOAT", "float16", "INT8", "UINT64", "BOOL", "STRING", "BLOB", "blob", "VALUES",
        "META",
        "TAG", "BATCHSIZE", "MINBATCHSIZE", "MINBATCHTIMEOUT", "INPUTS", "inputs", "OUTPUTS", "outputs",
        "TIMEOUT",
        "TF", "TFLITE", "TORCH", "ONNX", "onnx", "CPU", "cpu:1", "GPU", "GPU:99999", "LOADBACKEND",
        "BACKENDSPATH",
        "MODEL_CHUNK_SIZE", "GET", "RESETSTAT", "LOAD", "PERSIST", "ROUTING", "|>", "|>", "AI.TENSORSET",
        "AI.TENSORGET", "AI.MODELRUN", "AI.SCRIPTEXECUTE", "AI.SCRIPTRUN",
        "KEYS", "ARGS", "$", "s", "ENTRY_POINTS", "SOURCE",
    ]
    /// Small, so that no tensor is large, or so large that none can be made.
    static let numbers = [
        "0", "1", "2", "3", "-1", "-0", "01", "1.5", "3.0", "-2.5", "1e2", "1e300", "1e999", "nan", "inf",
        "9223372036854775807", "-9223372036854775808", "9223372036854775808", "18446744073709551616",
        "4611686018427387904", "1152921504606846976",
    ]
    static let others = [
        "", "k", "m", "two", "text", "key", "a", "\0", "a\0", "a\0b\0", " ", "CPU:", "CPU:x", "\u{E9}",
        "abcd", "abcdefgh",
    ]

    static let vocabulary: [[UInt8]] =
        (keywords + numbers + others).map { Array($0.utf8) } + [
            [0xFF], [0xC3, 0x28], [1, 0, 1], [UInt8](repeating: 1, count: 2047),
            [UInt8](repeating: 0, count: 2048),
            [UInt8](repeating: 0x61, count: 5000),
        ]

    static let roundCount = 20_000

    /// Why each parser refuses the words; nil where it does not.
    static func refusals(of line: Line) -> [String?] {
        [
            line.refusal(by: TensorSet.self), line.refusal(by: TensorGet.self),
            line.refusal(by: ModelStore.self),
            line.refusal(by: ModelSet.self), line.refusal(by: ModelGet.self),
            line.refusal(by: ModelDelete.self),
            line.refusal(by: ModelExecute.self), line.refusal(by: ModelRun.self),
            line.refusal(by: ModelScan.self),
            line.refusal(by: ModelStatistics.self), line.refusal(by: Configure.self),
            line.refusal(by: ScriptStore.self), line.refusal(by: ScriptSet.self),
            line.refusal(by: ScriptGet.self), line.refusal(by: ScriptDelete.self),
            line.refusal(by: ScriptExecute.self), line.refusal(by: ScriptRun.self),
            line.dagRefusal(as: .execute), line.dagRefusal(as: .executeReadOnly),
            line.dagRefusal(as: .run), line.dagRefusal(as: .runReadOnly),
        ]
    }

    static let starts = [
        "ERR ", "Invalid argument: ", "WRONGTYPE ", "Number of keys given as ",
        "Unsupported command within DAG",
        "Deprecated AI.", "AI.MODELEXECUTE cannot ", "AI.SCRIPTEXECUTE cannot ",
        "wrong number of arguments for ",
    ]

    static func isOurs(_ text: String?) -> Bool {
        guard let text else { return true }
        return starts.contains { text.hasPrefix($0) }
    }

    static func line(_ generator: inout SeededGenerator) -> Line {
        let count = Int.random(in: 1...14, using: &generator)
        return Line((0..<count).map { _ in vocabulary.randomElement(using: &generator) ?? [] })
    }

    @Test func anyWordsAreReadOrRefused() {
        var generator = SeededGenerator.announced(for: "anyWordsAreReadOrRefused")
        let strange = (0..<Self.roundCount).compactMap { _ in
            let line = Self.line(&generator)
            return Self.refusals(of: line).allSatisfy(Self.isOurs) ? nil : line.description
        }
        #expect(strange.isEmpty, "seed \(generator.seed)")
    }

    /// Words that belong behind a command's name, of which one is replaced or left out.
    @Test func almostRightWordsAreReadOrRefused() {
        var generator = SeededGenerator.announced(for: "almostRightWordsAreReadOrRefused")
        let strange = (0..<Self.roundCount / 2).compactMap { _ in
            let line = Self.damaged(&generator)
            return Self.refusals(of: line).allSatisfy(Self.isOurs) ? nil : line.description
        }
        #expect(strange.isEmpty, "seed \(generator.seed)")
    }

    static let rightLines: [Line] = [
        "x k FLOAT 2 1 VALUES 1 2", "x k STRING 2 BLOB ab", "x k META VALUES",
        "x k TF CPU TAG t BATCHSIZE 4 MINBATCHSIZE 2 MINBATCHTIMEOUT 1 INPUTS 2 a b OUTPUTS 1 c BLOB d e",
        "x k TF CPU TAG t BATCHSIZE 4 MINBATCHSIZE 2 MINBATCHTIMEOUT 1 INPUTS a b OUTPUTS c BLOB d e",
        "x k INPUTS 2 a b OUTPUTS 2 c d TIMEOUT 5", "x k TIMEOUT 5 INPUTS a b OUTPUTS c d",
        "x LOADBACKEND ONNX a.so",
        "x MODEL_CHUNK_SIZE 5",
        "x LOAD 2 a b PERSIST 1 y |> AI.MODELEXECUTE m INPUTS 1 a OUTPUTS 1 y |> AI.TENSORGET y META BLOB",
        "x ROUTING r |> AI.TENSORSET k INT8 1 BLOB a |> AI.MODELEXECUTE two INPUTS 2 k k OUTPUTS 2 a b",
        "x LOAD 1 a TIMEOUT 5 |> AI.MODELRUN m INPUTS a OUTPUTS y |> AI.TENSORGET y",
    ]

    static func damaged(_ generator: inout SeededGenerator) -> Line {
        var words = rightLines.randomElement(using: &generator)?.words ?? []
        for _ in 0..<Int.random(in: 0...2, using: &generator) where words.count > 1 {
            let index = Int.random(in: 1..<words.count, using: &generator)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: words.remove(at: index)
            case 1: words.swapAt(index, Int.random(in: 1..<words.count, using: &generator))
            case 2: words.removeSubrange(index...)
            default: words[index] = vocabulary.randomElement(using: &generator) ?? []
            }
        }
        return Line(words)
    }

    /// Whether each word that is reported as a key is one of the line's, the command's name left out.
    static func reportsOwnWords(_ line: Line) -> Bool {
        let keys =
            line.keys(of: ModelExecute.self) + line.keys(of: ModelRun.self) + line.keys(of: DagExecute.self)
        return keys.allSatisfy { key in
            Int(key.filter(\.isNumber)).map { (1..<line.words.count).contains($0) } ?? false
        }
    }

    @Test func anyWordsCanBeAskedForKeys() {
        var generator = SeededGenerator.announced(for: "anyWordsCanBeAskedForKeys")
        let strange = (0..<Self.roundCount / 8).flatMap { _ in
            [Self.line(&generator), Self.damaged(&generator)].filter { !Self.reportsOwnWords($0) }
        }
        #expect(strange.map(\.description) == [], "seed \(generator.seed)")
    }
}
