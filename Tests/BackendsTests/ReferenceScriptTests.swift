import Backends
import Tensors
import Testing

@testable import Execution

/// Hands out the reference backend for every kind.
private final class ReferenceProvider: BackendProvider {
    let path = ""
    func loaded(_ kind: BackendKind) -> (any Backend)? { ReferenceBackend(kind: kind) }
    func backend(_ kind: BackendKind) throws(ExecutionError) -> any Backend { ReferenceBackend(kind: kind) }
    func open(_ kind: BackendKind, path: String, isConfined: Bool) throws(ExecutionError) {}
    func setPath(_ path: String) {}
    var loadedBackends: [any Backend] { [] }
}

/// A server that answers INCR with 5 billion, refuses all else, and has one model.
private final class TestServer: ScriptKeyspace {
    private let held: Model?
    private let log = Locked<[String]>([])

    init(_ model: Model? = nil) { held = model }

    var commands: [String] { log.withLock { $0 } }

    func execute(
        _ command: [UInt8], _ arguments: [[UInt8]], if isWanted: () -> Bool
    ) throws(ScriptServerError) -> ScriptReply {
        guard isWanted() else { throw ScriptServerError(words(of: .runLost)) }
        let line = ([command] + arguments).map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
        log.withLock { $0.append(line) }
        guard line.hasPrefix("INCR ") else { throw ScriptServerError("Invalid argument") }
        return .integer(5_000_000_000)
    }

    func model(at key: [UInt8]) throws(ScriptServerError) -> Model {
        guard let held, key == Array("m".utf8) else { throw ScriptServerError("ERR model key is empty") }
        return held
    }

    func words(of error: ExecutionError) -> String { "\(error)" }
}

private final class Ended: PlanCompletion {
    private let outcomes = Monitor<[PlanOutcome]>([])
    func stepBegins() {}
    func stepEnded() {}

    func planEnded(_ outcome: PlanOutcome) {
        outcomes.withLock { $0.append(outcome) }
        outcomes.broadcast()
    }

    func wait() -> PlanOutcome {
        outcomes.wait { $0.first.map { .done($0) } ?? .until(nanoseconds: nil) }
    }
}

/// Scripts on their way through the scheduler, in the language of the reference backend.
@Suite struct ReferenceScriptTests {
    private static let source = """
        echo: echo
        incr: reply INCR %key0
        set: redis SET %key0 %arg0
        twice: model m
        other: model nothing
        ever: count
        """

    private static let anHour = 3_600_000

    private static func scheduler(_ settings: RunSettings = RunSettings()) -> Scheduler {
        settings.executionTimeoutMilliseconds = anHour
        settings.stopGraceMilliseconds = anHour
        settings.inlineBudgetMicroseconds = 1_000_000_000
        return Scheduler(settings, provider: ReferenceProvider(), log: { _ in })
    }

    private static func device() throws -> Device { try #require(Device(Array("CPU".utf8))) }

    private static func script(
        _ scheduler: Scheduler, _ source: String = source, entryPoints: [String] = []
    ) throws -> Script {
        try scheduler.ready(
            ScriptDefinition(
                device: device(), tag: [], entryPoints: entryPoints.map { Array($0.utf8) },
                source: SharedBytes(Array(source.utf8))))
    }

    private static func model(_ scheduler: Scheduler, _ text: String) throws -> Model {
        try scheduler.ready(
            ModelDefinition(
                backend: .torch, device: device(), tag: [], batching: BatchSettings(), inputNames: [],
                outputNames: [], bytes: SharedBytes(Array(text.utf8))))
    }

    private static func plan(
        _ script: Script, _ function: String, _ inputs: [Tensor] = [], outputCount: Int = 0,
        _ server: (any ScriptKeyspace)? = nil
    ) -> ExecutionPlan {
        var plan = ExecutionPlan(tensors: inputs)
        let task = ScriptTask(
            script, function: Array(function.utf8), keys: [Array("k".utf8)], arguments: [Array("v".utf8)],
            keyspace: server)
        plan.addStep(.script(task), inputs: .range(0..<inputs.count), outputCount: outputCount)
        return plan
    }

    private static func run(_ scheduler: Scheduler, _ plan: ExecutionPlan) -> PlanOutcome {
        let ended = Ended()
        _ = scheduler.submit(plan, completion: ended)
        return ended.wait()
    }

    private static func tensor() throws -> Tensor {
        try Tensor(type: .float32, shape: TensorShape([]), copying: [0, 0, 128, 63].span)
    }

    @Test func aScriptReturnsTensors() throws {
        let scheduler = Self.scheduler()
        let input = try Self.tensor()
        let plan = Self.plan(try Self.script(scheduler), "echo", [input], outputCount: 1)
        #expect(Self.run(scheduler, plan).tensor(1) === input)
    }

    @Test func whatNobodyWantsIsDropped() throws {
        let scheduler = Self.scheduler()
        let plan = Self.plan(try Self.script(scheduler), "echo", [try Self.tensor()])
        #expect(Self.run(scheduler, plan).firstError == nil)
    }

    @Test(
        arguments: [
            ("nothing", "Function does not exist: nothing"),
            ("echo", "Function returned unexpected number of outputs - echo"),
            ("set", "Redis command returned an error: Invalid argument"),
            ("other", "ERR model key is empty"),
        ])
    func whatIsWrongIsTheStepsError(_ function: String, _ text: String) throws {
        let scheduler = Self.scheduler()
        let plan = Self.plan(try Self.script(scheduler), function, outputCount: 1, TestServer())
        #expect(Self.run(scheduler, plan).firstError == .backend(text))
    }

    @Test func commandsReachTheServerAndItsNumbersTheScript() throws {
        let (scheduler, server) = (Self.scheduler(), TestServer())
        let plan = Self.plan(try Self.script(scheduler), "incr", outputCount: 1, server)
        let bytes = try #require(Self.run(scheduler, plan).tensor(0)).withBytes { span in
            span.indices.map { span[$0] }
        }
        #expect(bytes == [0, 242, 5, 42, 1, 0, 0, 0])
        #expect(server.commands == ["INCR k"])
    }

    @Test func aModelRunsWithinTheScriptAndCountsForItself() throws {
        let scheduler = Self.scheduler()
        let model = try Self.model(scheduler, "double")
        let script = try Self.script(scheduler)
        let plan = Self.plan(script, "twice", [try Self.tensor()], outputCount: 1, TestServer(model))
        #expect(Self.run(scheduler, plan).tensor(1)?.withBytes { $0[3] } == 64)
        #expect([model.statistics.calls, script.statistics.calls] == [1, 1])
    }

    @Test func aScriptNeverRunsInline() throws {
        let scheduler = Self.scheduler()
        let plan = Self.plan(try Self.script(scheduler), "echo")
        for _ in 0..<10 { #expect(Self.run(scheduler, plan).firstError == nil) }
        #expect(!scheduler.runInline(plan, inTurn: 1) {}.isEnded)
    }

    @Test func whereNobodyCanWaitAScriptRunsInPlace() throws {
        let scheduler = Self.scheduler()
        let model = try Self.model(scheduler, "double")
        let script = try Self.script(scheduler)
        let plan = Self.plan(script, "twice", [try Self.tensor()], outputCount: 1, TestServer(model))
        #expect(scheduler.runInPlace(plan).tensor(1)?.withBytes { $0[3] } == 64)
        #expect(script.statistics.summary.inlineCalls == 1)
    }

    @Test func aScriptWithoutEndIsStoppedAndItsWorkerGoesOn() throws {
        let settings = RunSettings()
        let scheduler = Self.scheduler(settings)
        let script = try Self.script(scheduler)
        settings.executionTimeoutMilliseconds = 20
        let stopped = Self.run(scheduler, Self.plan(script, "ever"))
        #expect(stopped.firstError == .backend("The run was stopped"))
        settings.executionTimeoutMilliseconds = Self.anHour
        #expect(Self.run(scheduler, Self.plan(script, "echo")).firstError == nil)
    }

    @Test func aModelWithoutEndIsStoppedWithTheScriptThatRunsIt() throws {
        let settings = RunSettings()
        let scheduler = Self.scheduler(settings)
        let model = try Self.model(scheduler, "count")
        let count = try Tensor(
            type: .int64, shape: TensorShape([1]), copying: [255, 255, 255, 255, 255, 255, 255, 127].span)
        let script = try Self.script(scheduler)
        settings.executionTimeoutMilliseconds = 20
        for _ in 0..<2 {
            let plan = Self.plan(script, "twice", [count], outputCount: 1, TestServer(model))
            #expect(
                Self.run(scheduler, plan).firstError == .backend("backend(\"The run was stopped\")"))
        }
        settings.executionTimeoutMilliseconds = Self.anHour
        #expect(Self.run(scheduler, Self.plan(script, "echo")).firstError == nil)
    }

    @Test func aSourceThatDoesNotCompileIsRefused() {
        #expect(throws: ExecutionError.self) { try Self.script(Self.scheduler(), "nonsense") }
    }

    @Test func aMissingEntryPointIsRefused() {
        #expect(throws: ExecutionError.backend("Function f does not exist in the given script.")) {
            try Self.script(Self.scheduler(), entryPoints: ["echo", "f"])
        }
    }

    @Test func aScriptCountsCallsErrorsAndNoSamples() throws {
        let scheduler = Self.scheduler()
        let script = try Self.script(scheduler)
        for function in ["echo", "nothing"] { _ = Self.run(scheduler, Self.plan(script, function)) }
        let summary = script.statistics.summary
        #expect([summary.calls, summary.errors, summary.samples] == [2, 1, 0])
    }

    @Test func aCopySharesTheBuildAndCountsForItself() throws {
        let scheduler = Self.scheduler()
        let script = try Self.script(scheduler)
        _ = Self.run(scheduler, Self.plan(script, "echo"))
        let copy = script.copied()
        #expect(copy.build === script.build)
        #expect([copy.statistics.calls, script.statistics.calls] == [0, 1])
    }
}
