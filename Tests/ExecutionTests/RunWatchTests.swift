import Glibc
import Tensors
import Testing

@testable import Execution

/// An interrupt that notes what happens to it; `raise` opens a gate.
final class TestInterrupt: RunInterrupt {
    private let events = Locked<[String]>([])
    let raised = Gate()
    private let onRaise: @Sendable () -> Void

    init(onRaise: @escaping @Sendable () -> Void = {}) { self.onRaise = onRaise }

    func raise() {
        events.withLock { $0.append("raise") }
        onRaise()
        raised.open()
    }

    func lower() { events.withLock { $0.append("lower") } }

    var history: [String] { events.withLock { $0 } }
}

/// What a slot does when the watch judges it, without the watch's thread.
@Suite struct RunSlotTests {
    private static let watch = RunWatch { 3_600_000 }
    /// A slot whose watch does nothing by itself.
    private static func slot() -> RunSlot { watch.makeSlot() }

    @Test func nothingIsJudgedWhileNothingRuns() {
        #expect(Self.slot().judge(at: 1000, limit: 1) == .none)
    }

    @Test(arguments: [(100, 0), (199, 0), (200, 1), (100_000, 1)])
    func aRunIsStoppedFromItsLimitOn(_ now: Int, _ count: Int) {
        let slot = Self.slot()
        let interrupt = TestInterrupt()
        let verdict = slot.stop(since: 100).run(interruptedBy: interrupt) {
            slot.judge(at: now, limit: 100)
        }
        #expect(verdict == (count == 0 ? .look(at: 200) : .raised(next: nil)))
        #expect(interrupt.history == (count == 0 ? [] : ["raise", "lower"]))
    }

    @Test func aRunIsStoppedOnce() {
        let slot = Self.slot()
        let interrupt = TestInterrupt()
        let verdicts = slot.stop(since: 100).run(interruptedBy: interrupt) {
            [slot.judge(at: 200, limit: 100), slot.judge(at: 400, limit: 100)]
        }
        #expect(verdicts == [.raised(next: nil), .none])
        #expect(interrupt.history == ["raise", "lower"])
    }

    @Test func theNextRunIsNotStoppedForTheLastOne() {
        let slot = Self.slot()
        let interrupt = TestInterrupt()
        slot.stop(since: 100).run(interruptedBy: interrupt) { _ = slot.judge(at: 200, limit: 100) }
        slot.stop(since: 250).run(interruptedBy: interrupt) {
            #expect(slot.judge(at: 300, limit: 100) == .look(at: 350))
            #expect(!slot.stop(since: 250).isRaised)
        }
        #expect(slot.judge(at: 1000, limit: 100) == .none)
        #expect(interrupt.history == ["raise", "lower"])
    }

    @Test func aRunKnowsThatItIsStopped() {
        let slot = Self.slot()
        let stop = slot.stop(since: 100)
        let states = stop.run(interruptedBy: TestInterrupt()) {
            let before = stop.isRaised
            _ = slot.judge(at: 200, limit: 100)
            return [before, stop.isRaised]
        }
        #expect(states == [false, true])
    }

    @Test func aRunThatThrowsHasEnded() {
        let slot = Self.slot()
        #expect(throws: ExecutionError.backend("no")) {
            try slot.stop(since: 100).run(interruptedBy: TestInterrupt()) { () throws(ExecutionError) in
                throw .backend("no")
            }
        }
        #expect(!slot.isRunning)
    }

    @Test func theLastInterruptIsKeptForTheNextRun() {
        let slot = Self.slot()
        let interrupt = TestInterrupt()
        #expect(slot.stop().interrupt == nil)
        slot.stop().run(interruptedBy: interrupt) {}
        #expect(slot.stop().interrupt === interrupt)
    }
}

/// Runs that the watch's thread stops.
@Suite struct RunWatchTests {
    /// A model that ends when it is stopped, or at once if its input has no 1.
    private static func endless(_ onRun: @escaping @Sendable ([UInt8]) -> Void = { _ in }) -> TestModel {
        TestModel(stoppable: { (inputs, stop) throws(ExecutionError) in
            onRun(inputs[0].content)
            let interrupt = TestInterrupt()
            return try stop.run(interruptedBy: interrupt) { () throws(ExecutionError) in
                guard inputs[0].content.contains(1) else { return inputs }
                interrupt.raised.wait()
                throw .backend(stop.isRaised ? "stopped" : "not stopped")
            }
        })
    }

    private static func scheduler(
        threads: Int = 1, budget: Int = 0
    ) throws -> (Scheduler, Model) {
        let settings = RunSettings()
        settings.threadsPerQueue = threads
        settings.inlineBudgetMicroseconds = budget
        settings.executionTimeoutMilliseconds = 20
        settings.stopGraceMilliseconds = 3_600_000
        let loaded = endless()
        let scheduler = Scheduler(settings, provider: TestProvider { _ in loaded }, log: { _ in })
        return (scheduler, try scheduler.ready(.on()))
    }

    private static let stopped = ["failed: backend(\"stopped\")"]

    @Test func aRunWithoutEndIsStopped() throws {
        let (scheduler, model) = try Self.scheduler()
        #expect(try scheduler.start(.once(model, .row(1))).outcome.words == Self.stopped)
    }

    @Test func itsWorkerGoesOn() throws {
        let (scheduler, model) = try Self.scheduler()
        let recorders = [1, 0, 0].map { scheduler.start(.once(model, .row($0))) }
        #expect(try recorders.map { try $0.outcome.words } == [Self.stopped, ["ran"], ["ran"]])
    }

    @Test func runsOnAllWorkersAreStopped() throws {
        let (scheduler, model) = try Self.scheduler(threads: 8)
        let recorders = (0..<8).map { _ in scheduler.start(.once(model, .row(1))) }
        for recorder in recorders { #expect(try recorder.outcome.words == Self.stopped) }
    }

    /// What is wrong with one request's input must not fail the others.
    @Test func requestsOfAJoinedRunThatWasStoppedRunOneByOne() throws {
        let runs = Locked<[[UInt8]]>([])
        let loaded = Self.endless { content in runs.withLock { $0.append(content) } }
        let settings = RunSettings()
        settings.executionTimeoutMilliseconds = 20
        settings.stopGraceMilliseconds = 3_600_000
        let scheduler = Scheduler(settings, provider: TestProvider { _ in loaded }, log: { _ in })
        let model = try scheduler.ready(
            ModelDefinition(
                backend: .onnxRuntime, device: .named("CPU"), tag: [],
                batching: BatchSettings(maximumSize: 2, minimumSize: 2), inputNames: [], outputNames: [],
                bytes: SharedBytes([])))
        let recorders = [0, 1].map { scheduler.start(.once(model, .row($0))) }
        #expect(try recorders.map { try $0.outcome.words } == [["ran"], Self.stopped])
        #expect(runs.withLock { $0 } == [[0, 1], [0], [1]])
    }

    @Test func aRunOnTheCallingThreadIsStopped() throws {
        let (scheduler, model) = try Self.scheduler(budget: 10_000)
        for _ in 0..<3 { model.costs.record(1, RunSize([.row(0)])) }
        #expect(scheduler.inline(.once(model, .row(1)))?.words == Self.stopped)
    }

    @Test func aModelThatWasStoppedDoesNotRunOnTheCallingThreadAgain() throws {
        let (scheduler, model) = try Self.scheduler(budget: 10_000)
        for _ in 0..<3 { model.costs.record(1, RunSize([.row(0)])) }
        #expect(scheduler.inline(.once(model, .row(1))) != nil)
        #expect(scheduler.inline(.once(model, .row(0))) == nil)
    }

    @Test func aRunIsWatchedAlsoAfterATimeWithoutRuns() throws {
        let watch = RunWatch { 20 }
        let slot = watch.makeSlot()
        for _ in 0..<3 {
            let interrupt = TestInterrupt()
            slot.stop().run(interruptedBy: interrupt) { interrupt.raised.wait() }
            #expect(interrupt.history == ["raise", "lower"])
            waitUntil { watch.isAsleep }
        }
    }

    @Test func aSlotThatComesLaterIsWatched() throws {
        let watch = RunWatch { 20 }
        let first = TestInterrupt()
        let second = TestInterrupt()
        watch.makeSlot().stop().run(interruptedBy: first) {
            watch.makeSlot().stop().run(interruptedBy: second) {
                first.raised.wait()
                second.raised.wait()
            }
        }
        #expect([first.history, second.history] == [["raise", "lower"], ["raise", "lower"]])
    }

    @Test func aRunIsNotStoppedBeforeItsTime() throws {
        let watch = RunWatch { 20 }
        let interrupt = TestInterrupt()
        let began = Monotonic.nanoseconds
        watch.makeSlot().stop().run(interruptedBy: interrupt) { interrupt.raised.wait() }
        #expect(Monotonic.nanoseconds - began >= 20_000_000)
    }

    @Test func aNewLimitIsNoticedDuringARun() throws {
        let limit = Locked(3_600_000)
        let interrupt = TestInterrupt()
        RunWatch { limit.withLock { $0 } }.makeSlot().stop().run(interruptedBy: interrupt) {
            limit.withLock { $0 = 1 }
            interrupt.raised.wait()
        }
        #expect(interrupt.history == ["raise", "lower"])
    }

    /// The thread is held in `raise` until its run has long been over, if the slot lets it.
    @Test func aRunDoesNotEndWhileItIsBeingStopped() throws {
        let order = Locked<[String]>([])
        let halt = Halt()
        let interrupt = TestInterrupt {
            halt.stop()
            order.withLock { $0.append("raised") }
        }
        let ended = Gate()
        let thread = WorkerThread(name: "run") {
            RunWatch { 1 }.makeSlot().stop().run(interruptedBy: interrupt) { halt.waitUntilReached() }
            order.withLock { $0.append("ended") }
            ended.open()
        }
        #expect(thread.start())
        halt.waitUntilReached()
        // Gives the run every chance to end too early.
        for _ in 0..<100 { sched_yield() }
        halt.release()
        ended.wait()
        #expect(order.withLock { $0 } == ["raised", "ended"])
    }

    /// Short runs beside ones that last until they are stopped: a stop never hits another run, and none is
    /// forgotten, whenever the watch falls asleep.
    @Test func manyRunsOfManyThreadsAreStoppedOnlyIfTheyAreLong() throws {
        let (scheduler, model) = try Self.scheduler(threads: 4)
        let kinds = (0..<400).map { UInt8($0 % 100 == 50 ? 1 : 0) }
        let recorders = kinds.map { scheduler.start(.once(model, .row($0))) }
        for (kind, recorder) in zip(kinds, recorders) {
            #expect(try recorder.outcome.words == (kind == 0 ? ["ran"] : Self.stopped))
        }
    }
}
