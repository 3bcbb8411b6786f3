import Testing

@testable import Commands
@testable import Redis

@Suite struct ScriptExecuteTests {
    static func request(_ line: Line) throws -> ScriptRequest {
        try line.parsed(as: ScriptExecute.self).request
    }

    @Test(
        arguments: [
            ("E s f INPUTS 1 a", "| a | |"), ("E s f KEYS 2 k l", "k l | | |"),
            ("E s f KEYS 1 k INPUTS 2 a b ARGS 1 x OUTPUTS 1 y", "k | a b | x | y"),
            ("E s f INPUTS 1 a OUTPUTS 2 y z ARGS 2 1 2 KEYS 1 k", "k | a | 1 2 | y z"),
            ("e s f inputs 0 keys 1 KEYS args 1 INPUTS", "KEYS | | INPUTS |"),
            ("E s f INPUTS -3 OUTPUTS -1 ARGS 0", "| | |"),
        ] as [(Line, String)])
    func readsTheSections(_ line: Line, _ expected: String) throws {
        let request = try Self.request(line)
        let sections = [request.keys, request.inputs, request.arguments, request.outputs]
        let words = sections.map { $0.map(\.word).joined(separator: " ") }.joined(separator: " | ")
        #expect(words.split(separator: " ").joined(separator: " ") == expected)
    }

    @Test func readsTheKeyTheFunctionAndTheTimeout() throws {
        let request = try Self.request("E s f INPUTS 1 a TIMEOUT 250")
        #expect([request.key.word, request.function.word] == ["s", "f"])
        #expect(request.timeoutMilliseconds == 250)
    }

    static let arity = "ERR wrong number of arguments for 'AI.SCRIPTEXECUTE' command"
    static let first = "ERR KEYS or INPUTS scope must be provided first for AI.SCRIPTEXECUTE command"

    static func count(_ what: String) -> String {
        "ERR number of \(what) to AI.SCRIPTEXECUTE command does not match the number of given arguments"
    }

    static func again(_ what: String) -> String {
        "ERR Already Encountered \(what) scope in AI.SCRIPTEXECUTE command"
    }

    @Test(
        arguments: [
            ("E", arity), ("E s", arity), ("E s f", first), ("E s f ARGS 1 x", first),
            ("E s f OUTPUTS 1 y", first), ("E s f TIMEOUT 5", first), ("E s f nonsense", first),
            ("E s f KEYS", "ERR Missing arguments after KEYS keyword"),
            ("E s f KEYS 1", "ERR Missing arguments after KEYS keyword"),
            ("E s f KEYS 0 k", "ERR Invalid or negative value found in number of KEYS"),
            ("E s f KEYS -1 k", "ERR Invalid or negative value found in number of KEYS"),
            ("E s f KEYS k 1", "ERR Invalid or negative value found in number of KEYS"),
            (
                "E s f KEYS 2 k",
                "ERR Number of pre declared KEYS to be used in the command does not match the number of"
                    + " given arguments"
            ),
            ("E s f INPUTS", "ERR Invalid arguments provided to AI.SCRIPTEXECUTE"),
            ("E s f KEYS 1 k OUTPUTS", "ERR Invalid arguments provided to AI.SCRIPTEXECUTE"),
            ("E s f KEYS 1 k ARGS", "ERR Invalid arguments provided to AI.SCRIPTEXECUTE"),
            ("E s f INPUTS one a", "ERR Invalid argument for inputs count in AI.SCRIPTEXECUTE"),
            ("E s f KEYS 1 k OUTPUTS 1.0 a", "ERR Invalid argument for outputs count in AI.SCRIPTEXECUTE"),
            ("E s f KEYS 1 k ARGS x 1", "ERR Invalid argument for keys count in AI.SCRIPTEXECUTE"),
            ("E s f INPUTS 2 a", count("inputs")), ("E s f KEYS 1 k OUTPUTS 2 a", count("outputs")),
            ("E s f KEYS 1 k ARGS 9223372036854775807 a", count("args")),
            ("E s f KEYS 1 k KEYS 1 k", again("KEYS")), ("E s f INPUTS 0 inputs 0", again("INPUTS")),
            ("E s f INPUTS 0 ARGS 0 ARGS 0", again("ARGS")),
            ("E s f INPUTS 0 OUTPUTS 0 OUTPUTS", again("OUTPUTS")),
            ("E s f INPUTS 0 TIMEOUT", "ERR No value provided for TIMEOUT in AI.SCRIPTEXECUTE"),
            ("E s f INPUTS 0 TIMEOUT soon", "ERR Invalid value for TIMEOUT"),
            ("E s f INPUTS 0 TIMEOUT 0", "ERR Invalid value for TIMEOUT"),
            ("E s f INPUTS 0 TIMEOUT 5 OUTPUTS 1 y", "ERR Encountered problem parsing AI.SCRIPTEXECUTE"),
            (
                "E s f INPUTS 1 a b",
                "ERR Invalid AI.SCRIPTEXECUTE command. Unexpected argument: b"
            ),
        ] as [(Line, String)])
    func refuses(_ line: Line, _ text: String) {
        #expect(line.refusal(by: ScriptExecute.self) == text)
    }

    @Test(
        arguments: [
            ("E s f KEYS 2 k l INPUTS 1 a ARGS 1 KEYS OUTPUTS 1 y", ["1", "5w", "6w", "9", "15w"]),
            ("E s f INPUTS 1 a OUTPUTS 1 y TIMEOUT 5", ["1", "5", "8w"]),
            ("E s f ARGS 2 INPUTS 1 OUTPUTS 1 y", ["1", "9w"]),
            ("E s f INPUTS 9 a", ["1"]), ("E s", ["1"]), ("E", []),
        ] as [(Line, [String])])
    func reportsItsKeys(_ line: Line, _ positions: [String]) {
        #expect(line.keys(of: ScriptExecute.self) == positions)
    }
}
