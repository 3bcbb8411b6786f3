import CRedisModule
import Testing

@testable import Commands
@testable import Redis

@Suite struct ModelExecuteTests {
    static func request(_ line: Line) throws -> ModelRequest {
        try line.parsed(as: ModelExecute.self).request
    }

    @Test func readsTheModelsKey() throws {
        #expect(try Self.request("AI.MODELEXECUTE my:model INPUTS 1 a OUTPUTS 1 b").key.word == "my:model")
    }

    @Test(
        arguments: [
            ("AI.MODELEXECUTE m INPUTS 1 a OUTPUTS 1 b", ["a"], ["b"]),
            ("ai.modelexecute m inputs 2 a a outputs 3 x y x", ["a", "a"], ["x", "y", "x"]),
            ("AI.MODELEXECUTE m INPUTS 1 OUTPUTS OUTPUTS 1 TIMEOUT", ["OUTPUTS"], ["TIMEOUT"]),
            ("AI.MODELEXECUTE m INPUTS 2 INPUTS 2 OUTPUTS 1 INPUTS", ["INPUTS", "2"], ["INPUTS"]),
        ] as [(Line, [String], [String])])
    func readsTheTensorsKeys(_ line: Line, _ inputs: [String], _ outputs: [String]) throws {
        let request = try Self.request(line)
        #expect([request.inputs.map(\.word), request.outputs.map(\.word)] == [inputs, outputs])
    }

    @Test(
        arguments: [
            ("AI.MODELEXECUTE m INPUTS 1 a OUTPUTS 1 b", 0),
            ("AI.MODELEXECUTE m INPUTS 1 a OUTPUTS 1 b TIMEOUT 1", 1),
            ("AI.MODELEXECUTE m INPUTS 1 a OUTPUTS 1 b timeout 250", 250),
        ] as [(Line, Int)])
    func readsTheTimeout(_ line: Line, _ milliseconds: Int) throws {
        #expect(try Self.request(line).timeoutMilliseconds == milliseconds)
    }

    static let arity = "ERR wrong number of arguments for 'AI.MODELEXECUTE' command"
    static let inputKeys =
        "ERR number of input keys to AI.MODELEXECUTE command does not match the number of given arguments"
    static let outputKeys =
        "ERR number of output keys to AI.MODELEXECUTE command does not match the number of given arguments"

    @Test(
        arguments: [
            ("AI.MODELEXECUTE", arity), ("AI.MODELEXECUTE m INPUTS 1 a OUTPUTS 1", arity),
            ("AI.MODELEXECUTE m a b c d e", arity),
            ("AI.MODELEXECUTE m OUTPUTS 1 b INPUTS 1 a", "ERR INPUTS not specified"),
            ("AI.MODELEXECUTE m TIMEOUT 5 INPUTS 1 a OUTPUTS 1 b", "ERR INPUTS not specified"),
            ("AI.MODELEXECUTE m INPUTS a 1 OUTPUTS 1 b", "ERR Invalid argument for input_count"),
            ("AI.MODELEXECUTE m INPUTS 1.0 a OUTPUTS 1 b", "ERR Invalid argument for input_count"),
            ("AI.MODELEXECUTE m INPUTS '' a OUTPUTS 1 b", "ERR Invalid argument for input_count"),
            ("AI.MODELEXECUTE m INPUTS 0 a OUTPUTS 1 b", "ERR Input count must be a positive integer"),
            ("AI.MODELEXECUTE m INPUTS -1 a OUTPUTS 1 b", "ERR Input count must be a positive integer"),
            ("AI.MODELEXECUTE m INPUTS 5 a OUTPUTS 1 b", inputKeys),
            ("AI.MODELEXECUTE m INPUTS 9223372036854775807 a OUTPUTS 1 b", inputKeys),
            ("AI.MODELEXECUTE m INPUTS 1 a b OUTPUTS 1 c", "ERR OUTPUTS not specified"),
            ("AI.MODELEXECUTE m INPUTS 4 a OUTPUTS 1 b", "ERR OUTPUTS not specified"),
            ("AI.MODELEXECUTE m INPUTS 2 a OUTPUTS 1 b", "ERR OUTPUTS not specified"),
            ("AI.MODELEXECUTE m INPUTS 3 a b c OUTPUTS", "ERR Invalid argument for output_count"),
            ("AI.MODELEXECUTE m INPUTS 1 a OUTPUTS b 1", "ERR Invalid argument for output_count"),
            ("AI.MODELEXECUTE m INPUTS 1 a OUTPUTS 0 b", "ERR Output count must be a positive integer"),
            ("AI.MODELEXECUTE m INPUTS 1 a OUTPUTS -5 b", "ERR Output count must be a positive integer"),
            ("AI.MODELEXECUTE m INPUTS 1 a OUTPUTS 2 b", outputKeys),
            ("AI.MODELEXECUTE m INPUTS 1 a OUTPUTS 4 b TIMEOUT 1", outputKeys),
            ("AI.MODELEXECUTE m INPUTS 1 a OUTPUTS 1 b TIMEOUT", "ERR No value provided for TIMEOUT"),
            ("AI.MODELEXECUTE m INPUTS 1 a OUTPUTS 1 b TIMEOUT x", "ERR Invalid value for TIMEOUT"),
            ("AI.MODELEXECUTE m INPUTS 1 a OUTPUTS 1 b TIMEOUT 0", "ERR Invalid value for TIMEOUT"),
            ("AI.MODELEXECUTE m INPUTS 1 a OUTPUTS 1 b TIMEOUT -1", "ERR Invalid value for TIMEOUT"),
            ("AI.MODELEXECUTE m INPUTS 1 a OUTPUTS 1 b TIMEOUT 1.5", "ERR Invalid value for TIMEOUT"),
            ("AI.MODELEXECUTE m INPUTS 1 a OUTPUTS 1 b c", "Invalid argument: c"),
            ("AI.MODELEXECUTE m INPUTS 1 a OUTPUTS 1 b TIMEOUT 5 more", "Invalid argument: more"),
            ("AI.MODELEXECUTE m INPUTS 1 a OUTPUTS 1 b TIMEOUT 5 TIMEOUT 5", "Invalid argument: TIMEOUT"),
            ("AI.MODELEXECUTE m INPUTS 1 a OUTPUTS 1 b INPUTS 1 c", "Invalid argument: INPUTS"),
        ] as [(Line, String)])
    func refuses(_ line: Line, _ text: String) {
        #expect(line.refusal(by: ModelExecute.self) == text)
    }

    static let inTransaction = "-ERR Cannot run RedisAI command within a transaction or a LUA script"

    @Test(
        arguments: [REDIS_CONTEXT_MULTI, REDIS_CONTEXT_LUA, REDIS_CONTEXT_DENY_BLOCKING],
        [
            "AI.MODELEXECUTE m INPUTS 1 a OUTPUTS 1 b", "AI.MODELEXECUTE m INPUTS x", "AI.MODELEXECUTE",
        ] as [Line])
    func refusesTransactionsAndScriptsFirst(_ flag: Int, _ line: Line) {
        #expect(line.answer(of: ModelExecute.self, in: FakeContext(flags: flag)) == [Self.inTransaction])
    }

    @Test(
        arguments: [
            ("AI.MODELEXECUTE m INPUTS 1 a OUTPUTS 1 b", ["1", "4", "7w"]),
            ("AI.MODELEXECUTE m inputs 2 a b outputs 2 c d TIMEOUT 5", ["1", "4", "5", "8w", "9w"]),
            ("AI.MODELEXECUTE m INPUTS 1 OUTPUTS OUTPUTS 1 INPUTS", ["1", "4", "7w"]),
            ("AI.MODELEXECUTE m INPUTS 5 a OUTPUTS 1 b", ["1"]),
            ("AI.MODELEXECUTE m INPUTS -1 a OUTPUTS 1 b", ["1"]),
            ("AI.MODELEXECUTE m INPUTS 9223372036854775807 a", ["1"]),
            ("AI.MODELEXECUTE m INPUTS x a", ["1"]),
            ("AI.MODELEXECUTE m INPUTS", ["1"]), ("AI.MODELEXECUTE m", ["1"]), ("AI.MODELEXECUTE", []),
            ("AI.MODELEXECUTE m INPUTS 0 OUTPUTS 1 b", ["1", "6w"]), ("AI.MODELEXECUTE m TIMEOUT 1", ["1"]),
        ] as [(Line, [String])])
    func reportsModelInputsAndOutputsAsKeys(_ line: Line, _ keys: [String]) {
        #expect(line.keys(of: ModelExecute.self) == keys)
    }
}

@Suite struct ModelRunTests {
    static func request(_ line: Line) throws -> ModelRequest { try line.parsed(as: ModelRun.self).request }

    @Test(
        arguments: [
            ("AI.MODELRUN m INPUTS a OUTPUTS b", ["a"], ["b"]),
            ("ai.modelrun m inputs a b outputs c d e", ["a", "b"], ["c", "d", "e"]),
            ("AI.MODELRUN m TIMEOUT 5 INPUTS a OUTPUTS b", ["a"], ["b"]),
            ("AI.MODELRUN m INPUTS a OUTPUTS b OUTPUTS c", ["a"], ["b", "OUTPUTS", "c"]),
            ("AI.MODELRUN m INPUTS a b c d", ["a", "b", "c", "d"], []),
            ("AI.MODELRUN m INPUTS OUTPUTS a b", [], ["a", "b"]),
            ("AI.MODELRUN m INPUTS a b OUTPUTS", ["a", "b"], []),
            ("AI.MODELRUN m INPUTS INPUTS OUTPUTS b", ["INPUTS"], ["b"]),
            ("AI.MODELRUN m INPUTS a OUTPUTS b TIMEOUT 5", ["a"], ["b", "TIMEOUT", "5"]),
        ] as [(Line, [String], [String])])
    func readsTheTensorsKeys(_ line: Line, _ inputs: [String], _ outputs: [String]) throws {
        let request = try Self.request(line)
        #expect([request.inputs.map(\.word), request.outputs.map(\.word)] == [inputs, outputs])
    }

    @Test(
        arguments: [
            ("AI.MODELRUN m INPUTS a OUTPUTS b", 0), ("AI.MODELRUN m TIMEOUT 5 INPUTS a OUTPUTS b", 5),
            ("AI.MODELRUN m timeout 5 inputs a outputs b", 5),
        ] as [(Line, Int)])
    func readsTheTimeout(_ line: Line, _ milliseconds: Int) throws {
        #expect(try Self.request(line).timeoutMilliseconds == milliseconds)
    }

    @Test func readsTheModelsKey() throws {
        #expect(try Self.request("AI.MODELRUN my:model INPUTS a OUTPUTS b").key.word == "my:model")
    }

    static let arity = "ERR wrong number of arguments for 'AI.MODELRUN' command"

    @Test(
        arguments: [
            ("AI.MODELRUN", arity), ("AI.MODELRUN m INPUTS a OUTPUTS", arity), ("AI.MODELRUN m x y z", arity),
            ("AI.MODELRUN m TIMEOUT x INPUTS a OUTPUTS b", "ERR Invalid value for TIMEOUT"),
            ("AI.MODELRUN m TIMEOUT 0 INPUTS a OUTPUTS b", "ERR Invalid value for TIMEOUT"),
            ("AI.MODELRUN m TIMEOUT -1 INPUTS a OUTPUTS b", "ERR Invalid value for TIMEOUT"),
            ("AI.MODELRUN m TIMEOUT INPUTS a OUTPUTS b", "ERR Invalid value for TIMEOUT"),
            ("AI.MODELRUN m OUTPUTS b INPUTS a", "ERR INPUTS not specified"),
            ("AI.MODELRUN m a INPUTS OUTPUTS b", "ERR INPUTS not specified"),
            ("AI.MODELRUN m TIMEOUT 5 TIMEOUT 5 INPUTS a OUTPUTS b", "ERR INPUTS not specified"),
            ("AI.MODELRUN m TIMEOUT 5 a OUTPUTS b", "ERR INPUTS not specified"),
        ] as [(Line, String)])
    func refuses(_ line: Line, _ text: String) {
        #expect(line.refusal(by: ModelRun.self) == text)
    }

    @Test(
        arguments: [REDIS_CONTEXT_MULTI, REDIS_CONTEXT_LUA, REDIS_CONTEXT_DENY_BLOCKING],
        [
            "AI.MODELRUN m INPUTS a OUTPUTS b", "AI.MODELRUN m x", "AI.MODELRUN",
        ] as [Line])
    func refusesTransactionsAndScriptsFirst(_ flag: Int, _ line: Line) {
        #expect(
            line.answer(of: ModelRun.self, in: FakeContext(flags: flag)) == [ModelExecuteTests.inTransaction])
    }

    @Test(
        arguments: [
            ("AI.MODELRUN m INPUTS a OUTPUTS b", ["1", "3", "5w"]),
            ("AI.MODELRUN m TIMEOUT 5 inputs a b outputs c", ["1", "5", "6", "8w"]),
            ("AI.MODELRUN m INPUTS a OUTPUTS b OUTPUTS c", ["1", "3", "5w", "6w", "7w"]),
            ("AI.MODELRUN m INPUTS", ["1"]), ("AI.MODELRUN m", ["1"]), ("AI.MODELRUN", []),
            ("AI.MODELRUN m a b", ["1"]),
        ] as [(Line, [String])])
    func reportsModelInputsAndOutputsAsKeys(_ line: Line, _ keys: [String]) {
        #expect(line.keys(of: ModelRun.self) == keys)
    }
}
