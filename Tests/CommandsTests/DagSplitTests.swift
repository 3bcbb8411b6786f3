import Testing

@testable import Commands
@testable import Redis

/// Where a DAG's commands begin and end, and which of its words are keys.
@Suite struct DagSplitTests {
    static func parts(_ line: Line) -> [String] {
        var split = DagSplit(line.reader)
        var parts: [String] = []
        while let range = split.next() {
            parts.append(line.words[range].map { String(decoding: $0, as: UTF8.self) }.joined(separator: " "))
        }
        return parts
    }

    @Test(
        arguments: [
            ("D |> A b |> C", ["A b", "C"]), ("D |> A", ["A"]), ("D", []), ("D |> |> A |>", ["", "A", ""]),
            ("D |> AI.TENSORGET x BLOB |> A", ["AI.TENSORGET x BLOB", "A"]),
            ("D |> AI.TENSORSET x UINT8 2 BLOB |> |> A", ["AI.TENSORSET x UINT8 2 BLOB |>", "A"]),
            ("D |> ai.tensorset x UINT8 BLOB |> |> A", ["ai.tensorset x UINT8 BLOB |>", "A"]),
            ("D |> AI.TENSORSET x STRING 1 VALUES BLOB |> A", ["AI.TENSORSET x STRING 1 VALUES BLOB", "A"]),
            ("D |> AI.TENSORSET BLOB |> A", ["AI.TENSORSET BLOB", "A"]),
            ("D |> AI.TENSORSET x BLOB |> A", ["AI.TENSORSET x BLOB", "A"]),
            ("D |> AI.TENSORSET x UINT8 2 BLOB BLOB |> A", ["AI.TENSORSET x UINT8 2 BLOB BLOB", "A"]),
            ("D |> A BLOB |> AI.TENSORSET x INT8 1 BLOB", ["A BLOB", "AI.TENSORSET x INT8 1 BLOB"]),
        ] as [(Line, [String])])
    func takesCommandsApart(_ line: Line, _ parts: [String]) { #expect(Self.parts(line) == parts) }

    @Test(
        arguments: [
            ("D |>", true), ("D |> A |>", true), ("D |> AI.TENSORGET x BLOB |>", true), ("D |> A", false),
            ("D", false), ("D |> AI.TENSORSET x UINT8 2 BLOB |>", false),
            ("D |> AI.TENSORSET x UINT8 2 BLOB |> |>", true),
        ] as [(Line, Bool)])
    func tellsAnOpenEndFromData(_ line: Line, _ endsOpen: Bool) {
        #expect(DagSplit(line.reader).endsOpen == endsOpen)
    }

    @Test func dataMayBeTheSeparatorsBytes() throws {
        let request = try Line("D ROUTING r |> AI.TENSORSET x UINT8 2 BLOB |> |> AI.TENSORGET x").dag()
        guard case .set(_, let tensor) = request.operations.first else {
            Issue.record("not a tensor")
            return
        }
        #expect(tensor.content == Array("|>".utf8))
        #expect(request.operations.count == 2)
    }

    static let keys: [(Line, [String])] = [
        ("D LOAD 2 a b PERSIST 1 c ROUTING r TIMEOUT 5 |> AI.TENSORGET a", ["3", "4", "7w", "9r"]),
        ("D persist 1 c load 1 a |> AI.TENSORGET a", ["3w", "6"]),
        (
            "D ROUTING r |> AI.MODELEXECUTE m INPUTS 1 a OUTPUTS 1 b |> AI.SCRIPTEXECUTE s f",
            ["2r", "5", "14"]
        ),
        ("D |> AI.MODELRUN m INPUTS a OUTPUTS b |> ai.scriptrun s f", ["3", "10"]),
        ("D ROUTING r |> AI.TENSORSET LOAD STRING 3 VALUES LOAD 1 AI.MODELEXECUTE", ["2r"]),
        ("D ROUTING r |> AI.TENSORSET x UINT8 2 BLOB |> AI.MODELEXECUTE m", ["2r"]),
        ("D LOAD 1 LOAD PERSIST 1 ROUTING |> AI.TENSORGET LOAD", ["3", "6w"]),
        ("D LOAD 9 a b", ["3", "4"]), ("D LOAD x a |> AI.MODELEXECUTE m", []), ("D LOAD", []),
        ("D PERSIST", []), ("D ROUTING", []), ("D TIMEOUT", []), ("D", []), ("D |> AI.MODELEXECUTE", []),
        ("D NOSUCH |> AI.MODELEXECUTE m", []), ("D LOAD -1 a", []), ("D LOAD 9223372036854775807 a", ["3"]),
    ]

    @Test(arguments: keys)
    func reportsWhatIsTouched(_ line: Line, _ keys: [String]) {
        #expect(line.keys(of: DagExecute.self) == keys)
        #expect(line.keys(of: DagExecuteReadOnly.self) == keys)
        #expect(line.keys(of: DagRun.self) == keys)
        #expect(line.keys(of: DagRunReadOnly.self) == keys)
    }
}
