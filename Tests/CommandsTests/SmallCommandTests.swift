import Execution
import Testing

@testable import Commands
@testable import Redis

@Suite struct ModelGetTests {
    @Test(
        arguments: [
            ("AI.MODELGET k", true, true), ("AI.MODELGET k META", true, false),
            ("AI.MODELGET k BLOB", false, true),
            ("AI.MODELGET k META BLOB", true, true), ("AI.MODELGET k BLOB META", true, true),
            ("AI.MODELGET k meta blob", true, true), ("AI.MODELGET k other", true, true),
            ("AI.MODELGET k other META", true, false), ("AI.MODELGET k BLOB other", false, true),
            ("AI.MODELGET k META META", true, false), ("AI.MODELGET k ''", true, true),
        ] as [(Line, Bool, Bool)])
    func readsWhatIsAskedFor(_ line: Line, _ hasMeta: Bool, _ hasBlob: Bool) throws {
        let command = try line.parsed(as: ModelGet.self)
        #expect([command.hasMeta, command.hasBlob] == [hasMeta, hasBlob])
    }

    @Test(arguments: ["AI.MODELGET", "AI.MODELGET k META BLOB x"] as [Line])
    func refusesAnotherNumberOfWords(_ line: Line) {
        #expect(line.refusal(by: ModelGet.self) == "ERR wrong number of arguments for 'AI.MODELGET' command")
    }
}

@Suite struct ModelDeleteTests {
    @Test func readsTheKey() throws {
        #expect(try Line("AI.MODELDEL my:key").parsed(as: ModelDelete.self).key.word == "my:key")
    }

    @Test(arguments: ["AI.MODELDEL", "AI.MODELDEL a b"] as [Line])
    func refusesAnotherNumberOfWords(_ line: Line) {
        #expect(
            line.refusal(by: ModelDelete.self) == "ERR wrong number of arguments for 'AI.MODELDEL' command")
    }
}

@Suite struct ModelScanTests {
    @Test func takesNoWords() {
        #expect(Line("AI._MODELSCAN").refusal(by: ModelScan.self) == nil)
    }

    @Test func refusesAnyWord() {
        #expect(
            Line("AI._MODELSCAN x").refusal(by: ModelScan.self)
                == "ERR wrong number of arguments for 'AI._MODELSCAN' command")
    }
}

@Suite struct ModelStatisticsTests {
    @Test(
        arguments: [
            ("AI.INFO k", false), ("AI.INFO k RESETSTAT", true), ("AI.INFO k resetstat", true),
            ("AI.INFO k other", false),
        ] as [(Line, Bool)])
    func readsWhetherTheCountersAreReset(_ line: Line, _ isReset: Bool) throws {
        #expect(try line.parsed(as: ModelStatistics.self).isReset == isReset)
    }

    @Test(arguments: ["AI.INFO", "AI.INFO k RESETSTAT x"] as [Line])
    func refusesAnotherNumberOfWords(_ line: Line) {
        #expect(
            line.refusal(by: ModelStatistics.self) == "ERR wrong number of arguments for 'AI.INFO' command")
    }
}

@Suite struct StatisticsTests {
    @Test(
        arguments: [("AI.STATS", nil), ("AI.STATS k", "k"), ("ai.stats RESETSTAT", "RESETSTAT")]
            as [(Line, String?)])
    func readsTheKey(_ line: Line, _ key: String?) throws {
        #expect(try line.parsed(as: Statistics.self).key?.word == key)
    }

    @Test func refusesMoreWords() {
        #expect(
            Line("AI.STATS k x").refusal(by: Statistics.self)
                == "ERR wrong number of arguments for 'AI.STATS' command")
    }
}

@Suite struct MetricsTests {
    @Test func takesNoWords() {
        #expect(Line("AI.METRICS").refusal(by: Metrics.self) == nil)
    }

    @Test func refusesAnyWord() {
        #expect(
            Line("AI.METRICS k").refusal(by: Metrics.self)
                == "ERR wrong number of arguments for 'AI.METRICS' command")
    }
}

@Suite struct ConfigureTests {
    /// An action in words that can be compared.
    static func words(_ action: Configure.Action) -> String {
        switch action {
        case .loadBackend(let kind, let path): "load \(kind) from \(path)"
        case .setPath(let path): "path = \(path)"
        case .setChunkSize(let size): "size = \(size)"
        case .getPath: "path?"
        case .getChunkSize: "size?"
        case .getUnknown: "unknown?"
        }
    }

    @Test(
        arguments: [
            ("AI.CONFIG LOADBACKEND ONNX a/b.so", "load onnxRuntime from a/b.so"),
            ("ai.config loadbackend tflite /a.so more", "load tensorFlowLite from /a.so"),
            ("AI.CONFIG BACKENDSPATH /a/b", "path = /a/b"), ("AI.CONFIG backendspath /a more", "path = /a"),
            ("AI.CONFIG MODEL_CHUNK_SIZE 1", "size = 1"),
            ("AI.CONFIG model_chunk_size 535822336 more", "size = 535822336"),
            ("AI.CONFIG GET BACKENDSPATH", "path?"), ("AI.CONFIG get backendspath more", "path?"),
            ("AI.CONFIG GET MODEL_CHUNK_SIZE", "size?"), ("AI.CONFIG GET THREADS_PER_QUEUE", "unknown?"),
            ("AI.CONFIG GET ''", "unknown?"),
        ] as [(Line, String)])
    func readsTheAction(_ line: Line, _ words: String) throws {
        #expect(Self.words(try line.parsed(as: Configure.self).action) == words)
    }

    static let arity = "ERR wrong number of arguments for 'AI.CONFIG' command"

    @Test(
        arguments: [
            ("AI.CONFIG", arity), ("AI.CONFIG LOADBACKEND", arity), ("AI.CONFIG LOADBACKEND ONNX", arity),
            ("AI.CONFIG LOADBACKEND PORCH", arity), ("AI.CONFIG GET", arity),
            ("AI.CONFIG LOADBACKEND PORCH a.so", "ERR unsupported backend"),
            ("AI.CONFIG LOADBACKEND '' a.so", "ERR unsupported backend"),
            ("AI.CONFIG BACKENDSPATH", "ERR BACKENDSPATH: missing path argument"),
            ("AI.CONFIG MODEL_CHUNK_SIZE", "ERR MODEL_CHUNK_SIZE: missing chunk size"),
            ("AI.CONFIG MODEL_CHUNK_SIZE 0", "ERR MODEL_CHUNK_SIZE: invalid chunk size"),
            ("AI.CONFIG MODEL_CHUNK_SIZE -1", "ERR MODEL_CHUNK_SIZE: invalid chunk size"),
            ("AI.CONFIG MODEL_CHUNK_SIZE x", "ERR MODEL_CHUNK_SIZE: invalid chunk size"),
            ("AI.CONFIG MODEL_CHUNK_SIZE 1.0", "ERR MODEL_CHUNK_SIZE: invalid chunk size"),
            ("AI.CONFIG SET x", "ERR unsupported subcommand"), ("AI.CONFIG ''", "ERR unsupported subcommand"),
            ("AI.CONFIG LOAD", "ERR unsupported subcommand"),
        ] as [(Line, String)])
    func refuses(_ line: Line, _ text: String) {
        #expect(line.refusal(by: Configure.self) == text)
    }
}
