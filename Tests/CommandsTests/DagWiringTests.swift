import Testing

@testable import Commands
@testable import Redis

/// Which value each reader of a name gets.
@Suite struct DagWiringTests {
    @Test(
        arguments: [
            // Loaded tensors have the first slots, those of the words follow, then outputs.
            (
                "D LOAD 2 a b |> AI.MODELEXECUTE m INPUTS 1 a OUTPUTS 1 y |> AI.TENSORSET x INT8 1"
                    + " |> AI.TENSORGET b |> AI.TENSORGET y |> AI.TENSORGET x",
                ["run [0] -> [3]", "set", "get 1", "get 3", "get 2"]
            ),
            (
                "D ROUTING r |> AI.TENSORSET x INT8 1 |> AI.MODELEXECUTE two INPUTS 2 x x OUTPUTS 2 y z"
                    + " |> AI.MODELEXECUTE two INPUTS 2 z x OUTPUTS 2 v w |> AI.TENSORGET w",
                ["set", "run [0, 0] -> [1, 2]", "run [2, 0] -> [3, 4]", "get 4"]
            ),
            // A name that is given a new value: whoever came before keeps the old one.
            (
                "D LOAD 1 a |> AI.TENSORGET a |> AI.MODELEXECUTE m INPUTS 1 a OUTPUTS 1 a"
                    + " |> AI.TENSORGET a |> AI.TENSORSET a INT8 1 |> AI.TENSORGET a"
                    + " |> AI.MODELEXECUTE m INPUTS 1 a OUTPUTS 1 a"
                    + " |> AI.TENSORGET a",
                ["get 0", "run [0] -> [2]", "get 2", "set", "get 1", "run [1] -> [3]", "get 3"]
            ),
            // Of two equal outputs the last counts, and of two equal loads there is but one name.
            (
                "D LOAD 2 a a |> AI.MODELEXECUTE two INPUTS 2 a a OUTPUTS 2 y y |> AI.TENSORGET y",
                ["run [1, 1] -> [2, 3]", "get 3"]
            ),
            // Names differ by case.
            (
                "D LOAD 1 a |> AI.TENSORSET A INT8 1 |> AI.TENSORGET a |> AI.TENSORGET A",
                ["set", "get 0", "get 1"]
            ),
            // What is stored: the last value, or a loaded one as it is.
            (
                "D LOAD 1 a PERSIST 3 y a x |> AI.MODELEXECUTE m INPUTS 1 a OUTPUTS 1 y"
                    + " |> AI.TENSORSET x INT8 1 |> AI.MODELEXECUTE m INPUTS 1 y OUTPUTS 1 y",
                ["run [0] -> [2]", "set", "run [2] -> [3]", "persist [3, 0, 1]"]
            ),
        ] as [(String, [String])])
    func readersGetTheLatestValueBeforeThem(_ line: String, _ plan: [String]) throws {
        #expect(try Line(line).wired() == plan)
    }

    @Test func theOlderSpellingIsWiredAlike() throws {
        let line: Line = "D |> AI.TENSORSET x INT8 1 |> AI.MODELRUN m INPUTS x OUTPUTS y |> AI.TENSORGET y"
        #expect(try line.wired(as: .run) == ["set", "run [0] -> [1]", "get 1"])
    }

    @Test func aNameMayBeAnyBytes() throws {
        let name: [UInt8] = [0, 0xFF, 0x20]
        let line = Line(
            Line("D PERSIST 1").words + [name] + Line("|> AI.TENSORSET").words + [name]
                + Line("INT8 1 |> AI.TENSORGET").words + [name])
        #expect(try line.wired() == ["set", "get 0", "persist [0]"])
    }

    /// Names below, at and above the number up to which they are compared one by one.
    @Test(arguments: [DagNames.listLimit - 1, DagNames.listLimit, DagNames.listLimit + 1, 500])
    func manyNamesAreKeptApart(_ count: Int) throws {
        let sets = (0..<count).map { "|> AI.TENSORSET n\($0) INT8 1" }
        let again = "|> AI.TENSORSET n0 INT8 1"
        let gets = (0..<count).map { "|> AI.TENSORGET n\($0)" }
        let text = (["D ROUTING r"] + sets + [again] + gets).joined(separator: " ")
        let expected =
            Array(repeating: "set", count: count + 1) + ["get \(count)"] + (1..<count).map { "get \($0)" }
        #expect(try Line(text).wired() == expected)
        #expect(
            Line(text + " |> AI.TENSORGET n\(count)").dagRefusal() == "ERR INPUT key cannot be found in DAG")
    }

    @Test func manyNamesToPersistAreUnique() {
        let names = (0..<100).map { "n\($0)" }.joined(separator: " ")
        let line = "D PERSIST 101 \(names) n3 |> AI.TENSORSET x INT8 1"
        #expect(Line(line).dagRefusal() == "ERR PERSIST keys must be unique")
    }
}
