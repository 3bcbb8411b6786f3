import Tensors
import Testing

@testable import Execution

/// Runs that go on after they were stopped: what they hold up, and what becomes of them.
@Suite struct LostRunTests {
    /// Adds one; with a 1 in its input it does not end before it is released, whoever stops it.
    final class Deaf: Sendable {
        private let halts: [Halt]
        private let count = Locked(0)
        let overlaps: Bool

        init(_ halts: Halt..., overlaps: Bool = true) {
            self.halts = halts
            self.overlaps = overlaps
        }

        /// Runs that did not end by themselves.
        var runCount: Int { count.withLock { $0 } }

        var loaded: TestModel {
            TestModel(
                overlaps: overlaps,
                stoppable: { (inputs, stop) throws(ExecutionError) in
                    let interrupt = TestInterrupt()
                    return try stop.run(interruptedBy: interrupt) { () throws(ExecutionError) in
                        guard inputs[0].content.contains(1) else { return [inputs[0].addingOne()] }
                        let number = self.count.withLock { count in
                            count += 1
                            return count - 1
                        }
                        self.halts[number].stop()
                        return [inputs[0].addingOne()]
                    }
                })
        }
    }

    static func scheduler(threads: Int = 1) -> Scheduler {
        let settings = RunSettings()
        settings.threadsPerQueue = threads
        settings.inlineBudgetMicroseconds = 0
        settings.executionTimeoutMilliseconds = 20
        return Scheduler(settings, provider: TestProvider { _ in TestModel.addingOne() }, log: { _ in })
    }

    static func model(
        _ loaded: TestModel, on device: String = "CPU", batching: BatchSettings = BatchSettings(),
        of scheduler: Scheduler
    ) throws -> Model {
        let definition = ModelDefinition(
            backend: .onnxRuntime, device: .named(device), tag: [], batching: batching, inputNames: [],
            outputNames: [], bytes: SharedBytes([]))
        return Model(definition, build: .ready(loaded), queue: try scheduler.queue(for: .named(device)))
    }

    static let lost = ["failed: runLost"]

    /// Returns when no run of the device is stuck any more.
    static func waitForTheLost(of scheduler: Scheduler) {
        waitUntil { scheduler.allQueues.allSatisfy { $0.stuckRunCount == 0 } }
    }

    @Test func itsRequestIsAnswered() throws {
        let scheduler = Self.scheduler()
        let halt = Halt()
        let model = try Self.model(Deaf(halt).loaded, of: scheduler)
        let recorder = scheduler.start(.once(model, .row(1)))
        #expect(try recorder.outcome.words == Self.lost)
        #expect(recorder.soFar.beginCount == 1 && recorder.soFar.endCount == 1)
        #expect(scheduler.allQueues[0].stuckRunCount == 1)
        halt.release()
        Self.waitForTheLost(of: scheduler)
        // What it brought was dropped.
        #expect(recorder.soFar.outcomes.count == 1 && recorder.soFar.endCount == 1)
    }

    @Test func anotherWorkerTakesItsPlace() throws {
        let scheduler = Self.scheduler()
        let halt = Halt()
        let stuck = try Self.model(Deaf(halt).loaded, of: scheduler)
        let other = try Self.model(.addingOne(), of: scheduler)
        let recorders = [scheduler.start(.once(stuck, .row(1))), scheduler.start(.once(other, .row(1)))]
        #expect(try recorders.map { try $0.outcome.words } == [Self.lost, ["ran"]])
        // The same model as well: its runs may overlap.
        #expect(try scheduler.start(.once(stuck, .row(2))).outcome.contents == [[2], [3]])
        halt.release()
        Self.waitForTheLost(of: scheduler)
        for _ in 0..<3 { #expect(try scheduler.start(.once(stuck, .row(2))).outcome.words == ["ran"]) }
        waitUntil { scheduler.pool.workerCount == 1 }
    }

    @Test func itCountsOnceAsAnError() throws {
        let scheduler = Self.scheduler()
        let halt = Halt()
        let model = try Self.model(Deaf(halt).loaded, of: scheduler)
        _ = try scheduler.start(.once(model, .row(1))).outcome
        halt.release()
        Self.waitForTheLost(of: scheduler)
        let summary = model.statistics.summary
        #expect([summary.calls, summary.errors, summary.runTime.count] == [1, 1, 0])
        // Its time counts for what is expected of the next one.
        for _ in 0..<3 { model.costs.record(1, RunSize([.row(1)])) }
        let expected = model.costs.expected(RunSize([.row(1)]))
        #expect(try #require(expected) > 1_000_000)
    }

    @Test func aBatchIsNotRepeated() throws {
        let scheduler = Self.scheduler()
        let (first, halt) = (Halt(), Halt())
        let deaf = Deaf(halt)
        let front = try Self.model(.stopping(at: first), of: scheduler)
        let model = try Self.model(
            deaf.loaded, batching: BatchSettings(maximumSize: 8), of: scheduler)
        _ = scheduler.start(.once(front, .row(1)))
        first.waitUntilReached()
        let recorders = (0..<3).map { _ in scheduler.start(.once(model, .row(1))) }
        first.release()
        for recorder in recorders { #expect(try recorder.outcome.words == Self.lost) }
        #expect(deaf.runCount == 1)
        halt.release()
        Self.waitForTheLost(of: scheduler)
        #expect(deaf.runCount == 1)
        #expect(model.statistics.errors == 3)
    }

    /// The joined run fails; the first of those that are run one by one after it is stuck.
    @Test func theRestOfABatchRunsElsewhere() throws {
        let scheduler = Self.scheduler()
        let (first, halt) = (Halt(), Halt())
        let deaf = Deaf(halt).loaded
        let loaded = TestModel(stoppable: { (inputs, stop) throws(ExecutionError) in
            guard inputs[0].shape.rowCount == 1 else { throw .backend("one by one") }
            return try deaf.run(inputs, stop: stop)
        })
        let front = try Self.model(.stopping(at: first), of: scheduler)
        let model = try Self.model(
            loaded, batching: BatchSettings(maximumSize: 8, minimumSize: 0), of: scheduler)
        _ = scheduler.start(.once(front, .row(1)))
        first.waitUntilReached()
        let recorders = [1, 2, 3].map { scheduler.start(.once(model, .row($0))) }
        first.release()
        #expect(try recorders.map { try $0.outcome.words } == [Self.lost, ["ran"], ["ran"]])
        for recorder in recorders { #expect(recorder.soFar.beginCount == recorder.soFar.endCount) }
        halt.release()
        Self.waitForTheLost(of: scheduler)
        #expect(model.statistics.errors == 1)
    }

    @Test func aPlanEndsWithItsLostStep() throws {
        let scheduler = Self.scheduler()
        let halt = Halt()
        let stuck = try Self.model(Deaf(halt).loaded, of: scheduler)
        let other = try Self.model(.addingOne(), on: "CPU:1", of: scheduler)
        var plan = ExecutionPlan(tensors: [.row(1)])
        plan.addStep(other, inputs: [0], outputCount: 1)
        let made = plan.addStep(stuck, inputs: [0], outputCount: 1)
        plan.addStep(other, inputs: [made.lowerBound], outputCount: 1)
        #expect(try scheduler.start(plan).outcome.words == ["ran", "failed: runLost", "not run"])
        halt.release()
        Self.waitForTheLost(of: scheduler)
    }

    @Test func aModelThatAllowsOneRunIsBlockedAlone() throws {
        let scheduler = Self.scheduler(threads: 2)
        let halt = Halt()
        let model = try Self.model(Deaf(halt, overlaps: false).loaded, of: scheduler)
        let other = try Self.model(.addingOne(overlaps: false), of: scheduler)
        let recorder = scheduler.start(.once(model, .row(1)))
        halt.waitUntilReached()
        // The first of these waits for the run, the others come when it is lost.
        #expect(try scheduler.start(.once(model, .row(2))).outcome.words == ["failed: modelStuck"])
        #expect(try recorder.outcome.words == Self.lost)
        for _ in 0..<4 {
            #expect(try scheduler.start(.once(model, .row(2))).outcome.words == ["failed: modelStuck"])
            #expect(try scheduler.start(.once(other, .row(2))).outcome.words == ["ran"])
        }
        halt.release()
        Self.waitForTheLost(of: scheduler)
        #expect(try scheduler.start(.once(model, .row(2))).outcome.words == ["ran"])
    }

    /// One more than may be replaced: the device has nobody left, until one of them ends.
    @Test func aDeviceWithoutWorkersRefuses() throws {
        let scheduler = Self.scheduler()
        let count = RunQueue.mostLostWorkers + 1
        let halts = (0..<count).map { _ in Halt() }
        let models = try halts.map { try Self.model(Deaf($0).loaded, of: scheduler) }
        for model in models.dropLast() {
            #expect(try scheduler.start(.once(model, .row(1))).outcome.words == Self.lost)
        }
        let last = scheduler.start(.once(models[count - 1], .row(1)))
        halts[count - 1].waitUntilReached()
        let behind = scheduler.start(.once(models[0], .row(2)))
        #expect(try last.outcome.words == Self.lost)
        let refusal = ["failed: deviceStuck(device: \"CPU\", runCount: \(count))"]
        #expect(try behind.outcome.words == refusal)
        #expect(try scheduler.start(.once(models[0], .row(2))).outcome.words == refusal)
        // Whoever comes back first takes the place, and later the one that had it ends.
        halts[3].release()
        waitUntil { scheduler.allQueues[0].stuckRunCount < count }
        #expect(try scheduler.start(.once(models[0], .row(2))).outcome.words == ["ran"])
        for index in 0..<count where index != 3 { halts[index].release() }
        Self.waitForTheLost(of: scheduler)
        #expect(try scheduler.start(.once(models[0], .row(2))).outcome.words == ["ran"])
        waitUntil { scheduler.pool.workerCount == 1 }
        // The worker answers before it comes back.
        waitUntil { scheduler.allQueues[0].busyWorkerCount == 0 }
    }

    @Test func itsTimeDoesNotCountForTheNextRunOfItsPlace() throws {
        let scheduler = Self.scheduler()
        let halt = Halt()
        let stuck = try Self.model(Deaf(halt).loaded, of: scheduler)
        #expect(try scheduler.start(.once(stuck, .row(1))).outcome.words == Self.lost)
        let before = scheduler.allQueues[0].workerMicroseconds
        halt.release()
        Self.waitForTheLost(of: scheduler)
        #expect(try scheduler.start(.once(stuck, .row(2))).outcome.words == ["ran"])
        #expect(scheduler.allQueues[0].workerMicroseconds.count == before.count)
        #expect(zip(before, scheduler.allQueues[0].workerMicroseconds).allSatisfy { $0 <= $1 })
    }
}

@Suite struct LostWorkersTests {
    final class Worker {}

    @Test func oneThatWasReplacedEnds() {
        var lost = LostWorkers<Worker>(limit: 2)
        lost.addReplaced()
        #expect(lost.takeBack(Worker()) == .ends)
        #expect(lost.count == 0)
    }

    @Test func oneThatKeptItsPlaceGoesOn() {
        var lost = LostWorkers<Worker>(limit: 2)
        let worker = Worker()
        lost.add(worker, at: 3)
        #expect(lost.placeCount == 1)
        #expect(lost.takeBack(worker) == .goesOn(at: 3))
        #expect(lost.count == 0 && lost.placeCount == 0)
    }

    @Test func whoComesBackFirstTakesTheKeptPlace() {
        var lost = LostWorkers<Worker>(limit: 2)
        let keeper = Worker()
        lost.addReplaced()
        lost.add(keeper, at: 3)
        #expect(lost.takeBack(Worker()) == .goesOn(at: 3))
        #expect(lost.count == 1 && lost.placeCount == 0)
        #expect(lost.takeBack(keeper) == .ends)
        #expect(lost.count == 0)
    }

    @Test func soManyAreReplaced() {
        var lost = LostWorkers<Worker>(limit: 2)
        for _ in 0..<2 {
            #expect(lost.canReplace)
            lost.addReplaced()
        }
        #expect(!lost.canReplace)
    }
}
