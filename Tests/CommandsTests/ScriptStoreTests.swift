import Testing

@testable import Commands
@testable import Redis

@Suite struct ScriptStoreTests {
    @Test(
        arguments: [
            ("S s CPU ENTRY_POINTS 2 f g SOURCE text", "", ["f", "g"]),
            ("S s cpu TAG v1 entry_points 1 f source text", "v1", ["f"]),
            ("S s CPU TAG v1 ENTRY_POINTS 0 SOURCE text", "v1", []),
            ("S s CPU ENTRY_POINTS 1.0 SOURCE SOURCE text", "", ["SOURCE"]),
            ("S s CPU ENTRY_POINTS 1 f SOURCE text and more", "", ["f"]),
        ] as [(Line, String, [String])])
    func readsTheWords(_ line: Line, _ tag: String, _ entryPoints: [String]) throws {
        let store = try line.parsed(as: ScriptStore.self)
        #expect([store.key.word, store.source.word] == ["s", "text"])
        #expect([store.options.tag].texts == [tag])
        #expect(store.options.entryPoints.texts == entryPoints)
    }

    static let arity = "ERR wrong number of arguments for 'AI.SCRIPTSTORE' command"
    static let missing = "ERR Insufficient arguments, missing script entry points"
    static let count = "ERR Non numeric entry points number provided to AI.SCRIPTSTORE command"
    static let source = "ERR Insufficient arguments, missing script SOURCE"

    @Test(
        arguments: [
            ("S", arity), ("S s CPU ENTRY_POINTS 0 SOURCE text", arity),
            ("S s CPU SOURCE text a b c", missing), ("S s CPU TAG ENTRY_POINTS 1 f SOURCE text", missing),
            ("S s CPU ENTRY_POINTS f 1 SOURCE text", count),
            ("S s CPU ENTRY_POINTS -1 f SOURCE text", count),
            ("S s CPU ENTRY_POINTS 9 f g SOURCE text", missing),
            ("S s CPU ENTRY_POINTS 1 f g SOURCE text", source),
            ("S s CPU ENTRY_POINTS 3 f g h SOURCE", source),
            ("S s CPU ENTRY_POINTS 4 f g h i", source),
            ("S s DISK ENTRY_POINTS 1 f SOURCE text", "ERR unsupported device"),
        ] as [(Line, String)])
    func refuses(_ line: Line, _ text: String) {
        #expect(line.refusal(by: ScriptStore.self) == text)
    }
}

@Suite struct ScriptSetTests {
    @Test(
        arguments: [
            ("S s CPU SOURCE text", ""), ("s s cpu tag v1 source text", "v1"),
        ] as [(Line, String)])
    func readsTheWords(_ line: Line, _ tag: String) throws {
        let set = try line.parsed(as: ScriptSet.self)
        #expect([set.key.word, set.source.word] == ["s", "text"])
        #expect([set.options.tag].texts == [tag])
        #expect(set.options.entryPoints == [])
    }

    static let arity = "ERR wrong number of arguments for 'AI.SCRIPTSET' command"

    @Test(
        arguments: [
            ("S s CPU SOURCE", arity), ("S s CPU TAG v1 SOURCE", arity),
            ("S s CPU SOURCE text a b c", arity),
            ("S s CPU TEXT text", "ERR Insufficient arguments, missing script SOURCE"),
            ("S s CPU TAG v1 TEXT text", "ERR Insufficient arguments, missing script SOURCE"),
            ("S s DISK SOURCE text", "ERR unsupported device"),
        ] as [(Line, String)])
    func refuses(_ line: Line, _ text: String) {
        #expect(line.refusal(by: ScriptSet.self) == text)
    }
}

@Suite struct SmallScriptCommandTests {
    @Test(
        arguments: [
            ("G s", true, true), ("G s META", true, false), ("G s source", false, true),
            ("G s SOURCE META", true, true), ("G s nonsense", true, true),
        ] as [(Line, Bool, Bool)])
    func scriptGetReadsItsOptions(_ line: Line, _ hasMeta: Bool, _ hasSource: Bool) throws {
        let get = try line.parsed(as: ScriptGet.self)
        #expect([get.hasMeta, get.hasSource] == [hasMeta, hasSource])
    }

    @Test(arguments: ["G", "G s META SOURCE META"] as [Line])
    func scriptGetRefuses(_ line: Line) {
        #expect(
            line.refusal(by: ScriptGet.self) == "ERR wrong number of arguments for 'AI.SCRIPTGET' command")
    }

    @Test(arguments: ["D", "D s t"] as [Line])
    func scriptDeleteRefuses(_ line: Line) {
        #expect(
            line.refusal(by: ScriptDelete.self)
                == "ERR wrong number of arguments for 'AI.SCRIPTDEL' command")
    }

    @Test func scriptScanRefusesWords() {
        #expect(
            Line("C x").refusal(by: ScriptScan.self)
                == "ERR wrong number of arguments for 'AI._SCRIPTSCAN' command")
    }

    @Test(
        arguments: [
            ("AI.SCRIPTEXECUTE", true), ("ai.modelrun", true), ("AI.DAGEXECUTE_RO", true), ("SET", false),
            ("AI.TENSORSET", false), ("AI.MODELGET", false),
        ])
    func whatRunsModelsIsNotForScripts(_ name: String, _ isRun: Bool) {
        #expect(ScriptAccess.isRun(Array(name.utf8)) == isRun)
    }
}
