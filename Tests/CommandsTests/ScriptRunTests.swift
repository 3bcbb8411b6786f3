import Testing

@testable import Commands
@testable import Redis

@Suite struct ScriptRunTests {
    @Test(
        arguments: [
            ("R s f", "|"), ("R s f INPUTS a b OUTPUTS y", "a b | y"), ("R s f OUTPUTS y z", "| y z"),
            ("R s f INPUTS a $ b c OUTPUTS y", "a b c | y"), ("R s f INPUTS $ a", "a |"),
            ("R s f TIMEOUT 5 INPUTS a", "a |"), ("R s f INPUTS a TIMEOUT 5 b OUTPUTS y", "a b | y"),
            ("R s f INPUTS a OUTPUTS y TIMEOUT 5 z", "a | y z"), ("r s f inputs a outputs y", "a | y"),
        ] as [(Line, String)])
    func readsTheTensors(_ line: Line, _ expected: String) throws {
        let request = try line.parsed(as: ScriptRun.self).request
        let words = [request.inputs, request.outputs].map { $0.map(\.word).joined(separator: " ") }
        #expect(
            words.joined(separator: " | ").split(separator: " ").joined(separator: " ") == expected)
    }

    static let arity = "ERR wrong number of arguments for 'AI.SCRIPTRUN' command"

    @Test(
        arguments: [
            ("R", arity), ("R s", arity),
            (
                "R s f TIMEOUT 5 INPUTS a TIMEOUT 5",
                "ERR Already encountered an TIMEOUT section in SCRIPTRUN"
            ),
            ("R s f TIMEOUT", "ERR Invalid value for TIMEOUT"),
            ("R s f INPUTS a TIMEOUT", "ERR Invalid value for TIMEOUT"),
            ("R s f TIMEOUT 0", "ERR Invalid value for TIMEOUT"),
            ("R s f TIMEOUT INPUTS a", "ERR Invalid value for TIMEOUT"),
            (
                "R s f INPUTS a OUTPUTS b INPUTS c",
                "ERR Already encountered an INPUTS section in SCRIPTRUN"
            ),
            ("R s f INPUTS a INPUTS c", "ERR Already encountered an INPUTS keyword in SCRIPTRUN"),
            ("R s f OUTPUTS a OUTPUTS c", "ERR Already encountered an OUTPUTS keyword in SCRIPTRUN"),
            (
                "R s f $ a", "ERR Encountered a variable size list of tensors outside of input section"
            ),
            (
                "R s f OUTPUTS $ a",
                "ERR Encountered a variable size list of tensors outside of input section"
            ),
            ("R s f INPUTS $ a $ b", "ERR Already encountered a variable size list of tensors"),
            ("R s f a", "ERR Unrecongnized parameter to SCRIPTRUN"),
        ] as [(Line, String)])
    func refuses(_ line: Line, _ text: String) {
        #expect(line.refusal(by: ScriptRun.self) == text)
    }

    @Test(
        arguments: [
            ("R s f INPUTS a $ b OUTPUTS y", ["1", "4", "6", "8w"]),
            ("R s f TIMEOUT 5 INPUTS a OUTPUTS y z", ["1", "6", "8w", "9w"]), ("R s f", ["1"]), ("R", []),
        ] as [(Line, [String])])
    func reportsItsKeys(_ line: Line, _ positions: [String]) {
        #expect(line.keys(of: ScriptRun.self) == positions)
    }
}
