import Tensors
import Testing

@testable import Execution

/// Which plans run on the calling thread.
@Suite struct SchedulerInlineTests {
    /// A scheduler with a budget, and a model whose runs have taken so long, in microseconds.
    static func make(
        budget: Int = 100, ranFor runs: [Int], running loaded: TestModel = .addingOne()
    ) throws -> (Scheduler, Model) {
        let (scheduler, model) = try Scheduler.make(budget: budget, running: loaded)
        for microseconds in runs {
            model.costs.record(microseconds * 1000, RunSize([.row(0)]))
        }
        return (scheduler, model)
    }

    @Test func aShortPlanRunsAtOnce() throws {
        let (scheduler, model) = try Self.make(ranFor: [1, 1, 1])
        #expect(scheduler.inline(.once(model, .row(4)))?.contents == [[4], [5]])
    }

    @Test func aRunAtOnceCountsAsInlineAndOneOnAWorkerAsQueued() throws {
        let (scheduler, model) = try Self.make(budget: 1_000_000_000, ranFor: [])
        for _ in 0..<3 { _ = try scheduler.start(.once(model, .row(1))).outcome }
        _ = scheduler.inline(.once(model, .row(4)))
        let summary = model.statistics.summary
        #expect([summary.queuedCalls, summary.inlineCalls, summary.waitTime.count] == [3, 1, 3])
    }

    @Test func aShortPlanRunsOnTheCallingThread() throws {
        let name = Locked("")
        let loaded = TestModel { inputs throws(ExecutionError) in
            name.withLock { $0 = ThreadFacts.current.name }
            return inputs
        }
        let (scheduler, model) = try Self.make(ranFor: [1, 1, 1], running: loaded)
        #expect(scheduler.inline(.once(model, .row(4)))?.words == ["ran"])
        #expect(name.withLock { $0 } == ThreadFacts.current.name)
    }

    @Test(arguments: [[], [1], [1, 1]])
    func aPlanIsQueuedWhileItsModelsCostIsUnknown(_ runs: [Int]) throws {
        let (scheduler, model) = try Self.make(ranFor: runs)
        #expect(scheduler.inline(.once(model, .row(4))) == nil)
    }

    @Test func runsOnWorkersMakeTheCostKnown() throws {
        let (scheduler, model) = try Self.make(budget: 1_000_000_000, ranFor: [])
        for _ in 0..<3 { _ = try scheduler.start(.once(model, .row(1))).outcome }
        #expect(scheduler.inline(.once(model, .row(4)))?.words == ["ran"])
    }

    @Test(arguments: [0, 1])
    func nothingRunsAtOnceWithoutABudget(_ microseconds: Int) throws {
        let (scheduler, model) = try Self.make(budget: 0, ranFor: [0, 0, microseconds])
        #expect(scheduler.inline(.once(model, .row(4))) == nil)
    }

    @Test func aPlanMayCostAsMuchAsTheBudget() throws {
        let (scheduler, model) = try Self.make(ranFor: [100, 100, 100])
        #expect(scheduler.inline(.once(model, .row(4))) != nil)
    }

    @Test func aPlanThatCostsMoreIsQueued() throws {
        let (scheduler, model) = try Self.make(ranFor: [100, 100, 101])
        #expect(scheduler.inline(.once(model, .row(4))) == nil)
    }

    @Test func aPlanThatIsQueuedHasNotRun() throws {
        let (scheduler, model) = try Self.make(ranFor: [1, 1, 101])
        _ = scheduler.inline(.once(model, .row(4)))
        #expect(model.statistics.calls == 0)
    }

    @Test func oneSlowRunKeepsAModelOffTheCallingThread() throws {
        let (scheduler, model) = try Self.make(ranFor: [1, 1, 1, 5000, 1, 1])
        #expect(scheduler.inline(.once(model, .row(4))) == nil)
    }

    @Test func aPlanIsQueuedWhoseInputsAreLargerThanAnySoFar() throws {
        let (scheduler, model) = try Self.make(ranFor: [1, 1, 1])
        #expect(scheduler.inline(.once(model, .row(1, 2, 3))) == nil)
    }

    @Test func aStepIsQueuedIfWhatItGetsOfAnotherIsLargerThanAnythingSoFar() throws {
        let doubling = TestModel { inputs throws(ExecutionError) in
            let bytes = inputs[0].content
            return [try Self.tensor(bytes + bytes)]
        }
        let (scheduler, model) = try Self.make(ranFor: [1, 1, 1], running: doubling)
        var plan = ExecutionPlan(tensors: [.row(1)])
        let middle = plan.addStep(model, inputs: [0], outputCount: 1)
        plan.addStep(model, inputs: Array(middle), outputCount: 1)
        let begun = scheduler.runInline(plan, inTurn: 1) {}
        #expect(begun.words == ["ran", "not run"] && !begun.isEnded)
        let recorder = PlanRecorder()
        _ = scheduler.submit(plan, after: begun, completion: recorder)
        #expect(try recorder.outcome.contents == [[1], [1, 1], [1, 1, 1, 1]])
        #expect(recorder.soFar.beginCount == 1)
        #expect(scheduler.runInPlace(plan, after: begun).contents == [[1], [1, 1], [1, 1, 1, 1]])
    }

    @Test func plansOfOneTurnShareTheBudget() throws {
        let minute = 60_000_000
        // Longer than what it saves, which is all that matters.
        let loaded = TestModel { inputs throws(ExecutionError) in
            let end = Monotonic.nanoseconds + 1_000_000
            while Monotonic.nanoseconds < end {}
            return inputs
        }
        let (scheduler, model) = try Self.make(
            budget: minute, ranFor: [minute, minute, minute], running: loaded)
        #expect(scheduler.inline(.once(model, .row(4)), inTurn: 1) != nil)
        model.costs.record(minute * 1000, RunSize([.row(0)]))
        #expect(scheduler.inline(.once(model, .row(4)), inTurn: 1) == nil)
        #expect(scheduler.inline(.once(model, .row(4)), inTurn: 2) != nil)
    }

    private static func tensor(_ bytes: [UInt8]) throws(ExecutionError) -> Tensor {
        do throws(TensorError) {
            return try Tensor(type: .uint8, shape: TensorShape([bytes.count]), copying: bytes.span)
        } catch {
            throw .outOfMemory
        }
    }

    @Test func itsStepsCountTogether() throws {
        let (scheduler, model) = try Self.make(ranFor: [60, 60, 60])
        var plan = ExecutionPlan(tensors: [.row(1)])
        plan.addStep(model, inputs: [0], outputCount: 1)
        plan.addStep(model, inputs: [0], outputCount: 1)
        #expect(scheduler.inline(plan) == nil)
    }

    @Test func aPlanIsQueuedBehindWhatWaits() throws {
        let halt = Halt()
        let (scheduler, model) = try Self.make(ranFor: [1, 1, 1])
        let slow = try scheduler.otherModel(.stopping(at: halt))
        let running = scheduler.start(.once(slow, .row(0)))
        halt.waitUntilReached()
        let waiting = scheduler.start(.once(slow, .row(0)))
        #expect(scheduler.inline(.once(model, .row(4))) == nil)
        halt.release()
        _ = try running.outcome
        _ = try waiting.outcome
        #expect(scheduler.inline(.once(model, .row(4)))?.words == ["ran"])
    }

    @Test func aModelThatMustRunAloneIsQueued() throws {
        let (scheduler, model) = try Self.make(ranFor: [1, 1, 1], running: .addingOne(overlaps: false))
        #expect(scheduler.inline(.once(model, .row(4))) == nil)
    }

    @Test func aModelWhoseTimeItsValuesDecideIsQueued() throws {
        let loaded = TestModel(isBounded: false, stoppable: { (inputs, _) throws(ExecutionError) in inputs })
        let (scheduler, model) = try Self.make(ranFor: [1, 1, 1], running: loaded)
        #expect(scheduler.inline(.once(model, .row(4))) == nil)
    }

    @Test func aModelThatIsLoadingIsQueued() throws {
        let halt = Halt()
        let scheduler = try Scheduler.make(budget: 100) { _ throws(ExecutionError) in
            halt.stop()
            return TestModel.addingOne()
        }
        let model = try scheduler.loading(.on())
        for _ in 0..<3 { model.costs.record(1, RunSize([.row(0)])) }
        #expect(scheduler.inline(.once(model, .row(4))) == nil)
        halt.release()
    }

    @Test func aFailureIsTheOutcome() throws {
        let (scheduler, model) = try Self.make(ranFor: [1, 1, 1], running: .failing("no"))
        #expect(scheduler.inline(.once(model, .row(4)))?.words == ["failed: backend(\"no\")"])
    }

    @Test func aFailureIsCounted() throws {
        let (scheduler, model) = try Self.make(ranFor: [1, 1, 1], running: .failing("no"))
        _ = scheduler.inline(.once(model, .row(4)))
        #expect(model.statistics.errors == 1)
    }

    @Test func stepsFeedEachOther() throws {
        let (scheduler, model) = try Self.make(ranFor: [1, 1, 1])
        var plan = ExecutionPlan(tensors: [.row(1)])
        let middle = plan.addStep(model, inputs: [0], outputCount: 1)
        plan.addStep(model, inputs: Array(middle), outputCount: 1)
        #expect(scheduler.inline(plan)?.contents == [[1], [2], [3]])
    }

    @Test func stepsAfterAFailureDoNotRun() throws {
        let (scheduler, model) = try Self.make(ranFor: [1, 1, 1], running: .failing("no"))
        var plan = ExecutionPlan(tensors: [.row(1)])
        plan.addStep(model, inputs: [0], outputCount: 1)
        plan.addStep(model, inputs: [0], outputCount: 1)
        #expect(scheduler.inline(plan)?.words == ["failed: backend(\"no\")", "not run"])
    }

    @Test func aStepWhoseInputIsNoTensorFails() throws {
        let (scheduler, model) = try Self.make(
            ranFor: [1, 1, 1], running: TestModel { _ throws(ExecutionError) in [nil] })
        var plan = ExecutionPlan(tensors: [.row(1)])
        let middle = plan.addStep(model, inputs: [0], outputCount: 1)
        plan.addStep(model, inputs: Array(middle), outputCount: 1)
        #expect(scheduler.inline(plan)?.words == ["ran", "failed: missingInput"])
    }
}

extension Scheduler {
    /// What `runInline` gives; nil if it does nothing.
    func inline(_ plan: ExecutionPlan, inTurn turn: Int = 1) -> PlanOutcome? {
        let outcome = runInline(plan, inTurn: turn) {}
        return outcome.nextStep == 0 ? nil : outcome
    }

    /// Another ready model on the same device.
    func otherModel(_ loaded: TestModel, on device: String = "CPU") throws -> Model {
        Model(.on(device), build: .ready(loaded), queue: try queue(for: .named(device)))
    }
}
