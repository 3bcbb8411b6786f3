import CRedisModule
import Testing

@testable import Commands
@testable import Redis

/// What is refused, in which words and in which order; no server, no key.
@Suite struct DagGrammarTests {
    static let words = "ERR missing arguments for 'AI.DAGEXECUTE' command"
    static let loadWords = "ERR missing arguments after LOAD keyword in DAG command"
    static let loadCount = "ERR invalid or negative value found in number of keys to LOAD"
    static let loadKeys = "ERR number of keys to LOAD into DAG does not match the number of given arguments"
    static let noTensor = "ERR tensor key is empty or in a different shard"
    static let wrongType = "WRONGTYPE Operation against a key holding the wrong kind of value"
    static let persistWords = "ERR missing arguments after PERSIST keyword in DAG command"
    static let persistCount = "ERR invalid or negative value found in number of keys to PERSIST"
    static let persistKeys =
        "ERR number of keys to PERSIST after DAG execution does not match the number of given arguments"
    static let withoutKeys =
        "ERR AI.DAGEXECUTE and AI.DAGEXECUTE_RO commands must contain at least one out of "
        + "ROUTING, LOAD, PERSIST keywords"
    static let invalidTimeout = "ERR Invalid value for TIMEOUT"

    static func unexpected(_ word: String) -> String {
        "ERR Invalid DAG command. Unexpected argument:  \(word)"
    }

    @Test(
        arguments: [
            ("D", words), ("D LOAD 1 a |>", words),
            ("D |> AI.TENSORSET x FLOAT |> LOAD", withoutKeys),
            ("D ROUTING r TIMEOUT 5 LOAD", loadWords), ("D ROUTING r TIMEOUT 5 LOAD 1", loadWords),
            ("D LOAD one a |> AI.TENSORGET a", loadCount), ("D LOAD 0 a |> AI.TENSORGET a", loadCount),
            ("D LOAD -1 a |> AI.TENSORGET a", loadCount), ("D LOAD 1.0 a |> AI.TENSORGET a", loadCount),
            ("D LOAD 1 missing |> AI.NOSUCH x", noTensor), ("D LOAD 1 text |> AI.NOSUCH x", wrongType),
            ("D LOAD 2 a |> AI.TENSORGET a", noTensor), ("D LOAD 9 a b c d", loadKeys),
            ("D LOAD 9 a b c missing", noTensor), ("D LOAD 9223372036854775807 a b c d", loadKeys),
            ("D ROUTING r TIMEOUT 5 PERSIST", persistWords),
            ("D ROUTING r TIMEOUT 5 PERSIST 1", persistWords),
            ("D PERSIST one a |> AI.TENSORGET a", persistCount),
            ("D PERSIST 0 a |> AI.TENSORGET a", persistCount),
            ("D PERSIST -1 a |> AI.TENSORGET a", persistCount),
            ("D PERSIST 2 x x |> AI.NOSUCH x", "ERR PERSIST keys must be unique"),
            ("D PERSIST 9 x y z x", "ERR PERSIST keys must be unique"),
            ("D PERSIST 9 x y z w", persistKeys),
            ("D PERSIST 2 x |> AI.TENSORGET x", unexpected("AI.TENSORGET")),
            ("D LOAD 1 a TIMEOUT 5 ROUTING", "ERR Missing ROUTING value"),
            ("D LOAD 1 a ROUTING r TIMEOUT", "ERR No value provided for TIMEOUT"),
            ("D ROUTING r TIMEOUT soon |> AI.TENSORGET a", invalidTimeout),
            ("D ROUTING r TIMEOUT 0 |> AI.TENSORGET a", invalidTimeout),
            ("D ROUTING r TIMEOUT -5 |> AI.TENSORGET a", invalidTimeout),
            ("D LOAD 1 a NOSUCH |> AI.TENSORGET a", unexpected("NOSUCH")),
            ("D LOAD 1 a b |> AI.TENSORGET a", unexpected("b")),
            ("D LOAD 1 a LOAD 1 a |> AI.TENSORGET a", unexpected("LOAD")),
            ("D PERSIST 1 a PERSIST 1 b |> AI.TENSORGET a", unexpected("PERSIST")),
            ("D ROUTING r ROUTING r |> AI.TENSORGET a", unexpected("ROUTING")),
            ("D ROUTING r TIMEOUT 5 timeout 5 |> AI.TENSORGET a", unexpected("timeout")),
            ("D KEYS 1 a |> AI.TENSORGET a", unexpected("KEYS")),
            ("D LOAD 1 a ROUTING r |>", unexpected("|>")), ("D LOAD 1 a |> AI.NOSUCH |>", unexpected("|>")),
            ("D ROUTING r |> |> |>", unexpected("|>")), ("D TIMEOUT 5 |> AI.NOSUCH |>", unexpected("|>")),
            ("D TIMEOUT 5 |> AI.NOSUCH x", withoutKeys), ("D TIMEOUT 5 TIMEOUT 5 x", unexpected("TIMEOUT")),
            ("D ROUTING r LOAD 1 a", "ERR DAG is empty"),
        ] as [(Line, String)])
    func refusesOptions(_ line: Line, _ text: String) { #expect(line.dagRefusal() == text) }

    @Test(
        arguments: [
            ("AI.NOSUCH x", "Unsupported command within DAG"), ("''", "Unsupported command within DAG"),
            ("|> AI.TENSORGET a", "Unsupported command within DAG"),
            ("GET a", "Unsupported command within DAG"),
            (
                "AI.MODELRUN m INPUTS a OUTPUTS b",
                "Deprecated AI.MODELRUN cannot be used in AI.DAGEXECUTE command"
            ),
            ("AI.SCRIPTRUN s f", "Deprecated AI.SCRIPTRUN cannot be used in AI.DAGEXECUTE command"),
            ("AI.DAGEXECUTE ROUTING r", "Unsupported command within DAG"),
            ("AI.TENSORSET x FLOAT", "wrong number of arguments for 'AI.TENSORSET' command"),
            ("AI.TENSORSET x NOSUCH 1", "ERR invalid data type"),
            ("AI.TENSORSET x FLOAT one", "ERR invalid or negative value found in tensor shape"),
            ("AI.TENSORSET x FLOAT 0", "ERR invalid or negative value found in tensor shape"),
            ("AI.TENSORSET x FLOAT 1 BLOB abc", "ERR data length does not match tensor shape and type"),
            ("AI.TENSORSET x INT8 1 VALUES y", "ERR invalid value"),
            (
                "AI.TENSORSET x FLOAT 1 BLOB |> AI.TENSORGET a",
                "ERR a single binary string should come after the BLOB argument in 'AI.TENSORSET' command"
            ),
            (
                "AI.TENSORSET x FLOAT 1 VALUES |> AI.TENSORGET a",
                "ERR wrong number of values was given in 'AI.TENSORSET' command"
            ),
            ("AI.TENSORGET", "wrong number of arguments for 'AI.TENSORGET' command"),
            ("AI.TENSORGET a META BLOB x", "wrong number of arguments for 'AI.TENSORGET' command"),
            ("AI.TENSORGET a NOSUCH", "ERR unsupported data format"),
            ("AI.TENSORGET a BLOB VALUES", "ERR both BLOB and VALUES specified"),
            (
                "AI.MODELEXECUTE m INPUTS 1 a OUTPUTS 1",
                "ERR wrong number of arguments for 'AI.MODELEXECUTE' command"
            ),
            ("AI.MODELEXECUTE missing NOSUCH 1 a OUTPUTS 1 b", "ERR model key is empty"),
            ("AI.MODELEXECUTE text NOSUCH 1 a OUTPUTS 1 b", wrongType),
            ("AI.MODELEXECUTE m NOSUCH 1 a OUTPUTS 1 b", "ERR INPUTS not specified"),
            (
                "AI.MODELEXECUTE m INPUTS 2 a a OUTPUTS 1 b TIMEOUT x",
                "Number of keys given as INPUTS here does not match model definition"
            ),
            (
                "AI.MODELEXECUTE m INPUTS 1 a OUTPUTS 2 b c TIMEOUT x",
                "Number of keys given as OUTPUTS here does not match model definition"
            ),
            ("AI.MODELEXECUTE m INPUTS 1 a OUTPUTS 1 b TIMEOUT", "ERR No value provided for TIMEOUT"),
            ("AI.MODELEXECUTE m INPUTS 1 a OUTPUTS 1 b TIMEOUT 0", invalidTimeout),
            ("AI.MODELEXECUTE m INPUTS 1 a OUTPUTS 1 b more", "Invalid argument: more"),
            (
                "AI.MODELEXECUTE m INPUTS 1 a OUTPUTS 1 b TIMEOUT 5",
                "ERR TIMEOUT not allowed within a DAG command"
            ),
            ("AI.SCRIPTEXECUTE s", "ERR wrong number of arguments for 'AI.SCRIPTEXECUTE' command"),
            ("AI.SCRIPTEXECUTE missing f", "ERR script key is empty"),
            ("AI.SCRIPTEXECUTE text f", wrongType),
            ("AI.SCRIPTEXECUTE s f INPUTS 0 TIMEOUT 5", "ERR TIMEOUT not allowed within a DAG command"),
            ("AI.SCRIPTEXECUTE s f KEYS 1", "ERR Missing arguments after KEYS keyword"),
            ("AI.SCRIPTEXECUTE s f INPUTS 1 nothing", "ERR INPUT key cannot be found in DAG"),
            ("AI.TENSORGET x |> AI.NOSUCH x", "Unsupported command within DAG"),
            ("AI.TENSORGET x |> AI.MODELEXECUTE missing INPUTS 1 a OUTPUTS 1 b", "ERR model key is empty"),
            ("AI.TENSORGET x", "ERR INPUT key cannot be found in DAG"),
            ("AI.TENSORGET A", "ERR INPUT key cannot be found in DAG"),
            ("AI.MODELEXECUTE m INPUTS 1 x OUTPUTS 1 x", "ERR INPUT key cannot be found in DAG"),
            ("AI.TENSORGET x |> AI.TENSORSET x FLOAT 1", "ERR INPUT key cannot be found in DAG"),
        ] as [(String, String)])
    func refusesCommands(_ commands: String, _ text: String) {
        #expect(Line("D LOAD 1 a PERSIST 1 never |> \(commands)").dagRefusal() == text)
    }

    @Test func refusesANameToPersistThatIsNeverMade() {
        #expect(
            Line("D LOAD 1 a PERSIST 2 a never |> AI.TENSORGET a").dagRefusal()
                == "ERR PERSIST key cannot be found in DAG")
    }

    @Test(
        arguments: [
            ("D ROUTING r |> AI.TENSORGET", "ERR missing arguments for 'AI.DAGEXECUTE_RO' command"),
            (
                "D ROUTING r PERSIST 1 x |> AI.TENSORGET x",
                "ERR PERSIST cannot be specified in a read-only DAG"
            ),
            ("D ROUTING r TIMEOUT 5 PERSIST", "ERR PERSIST cannot be specified in a read-only DAG"),
            (
                "D ROUTING r |> AI.SCRIPTEXECUTE s f",
                "ERR AI.SCRIPTEXECUTE command cannot be specified in a read-only DAG"
            ),
            ("D TIMEOUT 5 |> AI.TENSORGET a", withoutKeys),
        ] as [(Line, String)])
    func refusesInReadOnly(_ line: Line, _ text: String) {
        #expect(line.dagRefusal(as: .executeReadOnly) == text)
    }

    @Test(
        arguments: [
            ("D |> AI.TENSORGET", "ERR wrong number of arguments for 'AI.DAGRUN' command"),
            ("D TIMEOUT 5 |>", unexpected("|>")), ("D |> AI.TENSORGET |>", unexpected("|>")),
            (
                "D |> AI.MODELEXECUTE m INPUTS 1 a OUTPUTS 1 b",
                "AI.MODELEXECUTE cannot be used in a deprecated AI.DAGRUN command"
            ),
            (
                "D |> AI.SCRIPTEXECUTE s f",
                "AI.SCRIPTEXECUTE cannot be used in a deprecated AI.DAGRUN command"
            ),
            (
                "D |> AI.MODELRUN m INPUTS a OUTPUTS",
                "ERR wrong number of arguments for 'AI.MODELRUN' command"
            ),
            ("D |> AI.MODELRUN missing a b c d", "ERR model key is empty"),
            ("D |> AI.MODELRUN m a b c d", "ERR INPUTS not specified"),
            (
                "D |> AI.MODELRUN m INPUTS a b OUTPUTS c",
                "Number of keys given as INPUTS here does not match model definition"
            ),
            (
                "D |> AI.MODELRUN m TIMEOUT 5 INPUTS a OUTPUTS c",
                "ERR TIMEOUT not allowed within a DAG command"
            ),
            ("D |> AI.SCRIPTRUN s", "ERR wrong number of arguments for 'AI.SCRIPTRUN' command"),
            ("D |> AI.SCRIPTRUN missing f", "ERR script key is empty"),
            ("D TIMEOUT 0 |> AI.TENSORGET x", invalidTimeout),
        ] as [(Line, String)])
    func refusesInTheOlderSpelling(_ line: Line, _ text: String) {
        #expect(line.dagRefusal(as: .run) == text)
    }

    @Test(
        arguments: [
            ("D |> AI.TENSORGET", "ERR wrong number of arguments for 'AI.DAGRUN_RO' command"),
            ("D PERSIST 1 x |> AI.TENSORSET x FLOAT 1", "ERR PERSIST cannot be specified in a read-only DAG"),
            ("D |> AI.SCRIPTRUN missing f", "ERR script key is empty"),
        ] as [(Line, String)])
    func refusesInTheOlderReadOnly(_ line: Line, _ text: String) {
        #expect(line.dagRefusal(as: .runReadOnly) == text)
    }

    @Test(
        arguments: [REDIS_CONTEXT_MULTI, REDIS_CONTEXT_LUA, REDIS_CONTEXT_DENY_BLOCKING],
        ["AI.DAGEXECUTE", "AI.DAGEXECUTE ROUTING r |> AI.TENSORSET x FLOAT 1"] as [Line])
    func refusesTransactionsAndScriptsFirst(_ flag: Int, _ line: Line) {
        let context = FakeContext(flags: flag)
        #expect(line.answer(of: DagExecute.self, in: context) == [ModelExecuteTests.inTransaction])
    }

    @Test(
        arguments: [
            ("D LOAD 2 a b PERSIST 1 x ROUTING r TIMEOUT 5 |> X", ["a", "b"], ["x"], true, 5),
            ("D timeout 7 routing LOAD persist 1 PERSIST load 1 a |> X", ["a"], ["PERSIST"], true, 7),
            ("D ROUTING |> |> X", [], [], true, 0),
            ("D PERSIST 2 |> LOAD |> X", [], ["|>", "LOAD"], false, 0),
            ("D LOAD 2 a a |> X", ["a", "a"], [], false, 0),
        ] as [(Line, [String], [String], Bool, Int)])
    func readsOptionsInAnyOrder(
        _ line: Line, _ load: [String], _ persist: [String], _ hasRoute: Bool, _ timeout: Int
    ) throws {
        var words = line.reader
        let options = try DagOptions(parsing: &words, as: .execute, in: SampleKeyspace())
        #expect([options.load, options.persist].map { $0?.map(\.word) ?? [] } == [load, persist])
        #expect(options.hasRoute == hasRoute)
        #expect(options.timeoutMilliseconds == timeout)
        #expect(options.tensors.count == load.count)
    }
}
