import Tensors
import Testing

@testable import Execution

/// Plans of several steps.
@Suite struct SchedulerPlanTests {
    /// Two steps, the second reading what the first made.
    static func chain(_ first: Model, _ second: Model) -> ExecutionPlan {
        var plan = ExecutionPlan(tensors: [.row(1)])
        let middle = plan.addStep(first, inputs: [0], outputCount: 1)
        plan.addStep(second, inputs: Array(middle), outputCount: 1)
        return plan
    }

    @Test func stepsFeedEachOther() throws {
        let (scheduler, model) = try Scheduler.make(running: .addingOne())
        #expect(try scheduler.start(Self.chain(model, model)).outcome.contents == [[1], [2], [3]])
    }

    @Test func stepsFeedEachOtherAcrossDevices() throws {
        let (scheduler, model) = try Scheduler.make(running: .addingOne())
        let other = try scheduler.otherModel(.addingOne(), on: "GPU")
        #expect(try scheduler.start(Self.chain(model, other)).outcome.contents == [[1], [2], [3]])
    }

    /// Each step goes on only when the other has begun.
    @Test func stepsOfTwoDevicesRunAtTheSameTime() throws {
        let halts = [Halt(), Halt()]
        let (scheduler, first) = try Scheduler.make(running: .stopping(at: halts[0]))
        let second = try scheduler.otherModel(.stopping(at: halts[1]), on: "GPU")
        var plan = ExecutionPlan(tensors: [.row(1)])
        plan.addStep(first, inputs: [0], outputCount: 1)
        plan.addStep(second, inputs: [0], outputCount: 1)
        let recorder = scheduler.start(plan)
        for halt in halts { halt.waitUntilReached() }
        for halt in halts { halt.release() }
        #expect(try recorder.outcome.words == ["ran", "ran"])
    }

    @Test func stepsOfOneDeviceRunInListedOrderThoughItHasManyWorkers() throws {
        let order = Locked<[UInt8]>([])
        let loaded = TestModel { inputs throws(ExecutionError) in
            order.withLock { $0 += inputs[0].content }
            return inputs
        }
        let (scheduler, model) = try Scheduler.make(threads: 4, running: loaded)
        var plan = ExecutionPlan(tensors: (0..<50).map { .row($0) })
        for slot in 0..<50 { plan.addStep(model, inputs: [slot], outputCount: 1) }
        _ = try scheduler.start(plan).outcome
        #expect(order.withLock { $0 } == Array(0..<50))
    }

    @Test func stepsAfterAFailureDoNotRun() throws {
        let (scheduler, failing) = try Scheduler.make(running: .failing("no"))
        let second = try scheduler.otherModel(.addingOne())
        #expect(
            try scheduler.start(Self.chain(failing, second)).outcome.words
                == ["failed: backend(\"no\")", "not run"])
    }

    @Test func aFailureInTheMiddleKeepsWhatRanBefore() throws {
        let (scheduler, model) = try Scheduler.make(running: .addingOne())
        let failing = try scheduler.otherModel(.failing("no"))
        #expect(try scheduler.start(Self.chain(model, failing)).outcome.contents == [[1], [2], nil])
    }

    @Test func aPlanWithAFailureEndsWhenItsOtherStepsHave() throws {
        let halt = Halt()
        // A step that has not begun when another fails never runs.
        let fails = TestModel { _ throws(ExecutionError) in
            halt.waitUntilReached()
            throw .backend("no")
        }
        let (scheduler, failing) = try Scheduler.make(running: fails)
        let slow = try scheduler.otherModel(.stopping(at: halt), on: "GPU")
        var plan = ExecutionPlan(tensors: [.row(1)])
        plan.addStep(failing, inputs: [0], outputCount: 1)
        plan.addStep(slow, inputs: [0], outputCount: 1)
        let recorder = scheduler.start(plan)
        halt.waitUntilReached()
        try scheduler.drain()
        #expect(recorder.soFar.outcomes.isEmpty)
        halt.release()
        #expect(try recorder.outcome.words == ["failed: backend(\"no\")", "ran"])
    }

    @Test func aStepWhoseInputIsNoTensorFails() throws {
        let (scheduler, model) = try Scheduler.make(running: TestModel { _ throws(ExecutionError) in [nil] })
        #expect(
            try scheduler.start(Self.chain(model, model)).outcome.words == ["ran", "failed: missingInput"])
    }

    @Test func anOutputThatIsNoTensorLeavesItsSlotEmpty() throws {
        let loaded = TestModel(outputCount: 2) { inputs throws(ExecutionError) in [nil, inputs[0]] }
        let (scheduler, model) = try Scheduler.make(running: loaded)
        #expect(
            try scheduler.start(.once(model, .row(9), outputCount: 2)).outcome.contents == [[9], nil, [9]])
    }

    @Test func aPlanWithoutStepsEndsAtOnce() throws {
        let scheduler = try Scheduler.make { _ in TestModel.addingOne() }
        #expect(scheduler.start(ExecutionPlan(tensors: [.row(3)])).soFar.outcomes.map(\.contents) == [[[3]]])
    }
}

@Suite struct CancelTests {
    /// A plan that was cancelled while it waited behind another, once it has ended.
    static func cancelled() throws -> PlanRecorder {
        let halt = Halt()
        let (scheduler, model) = try Scheduler.make(running: .stopping(at: halt))
        let running = scheduler.start(.once(model, .row(0)))
        halt.waitUntilReached()
        let recorder = PlanRecorder()
        scheduler.submit(.once(model, .row(1)), completion: recorder).cancel()
        halt.release()
        _ = try running.outcome
        _ = try recorder.outcome
        return recorder
    }

    @Test func aPlanThatHasNotBegunDoesNotRun() throws {
        #expect(try Self.cancelled().outcome.words == ["not run"])
    }

    @Test func aPlanThatDoesNotRunIsNoFailure() throws {
        #expect(try Self.cancelled().outcome.firstError == nil)
    }

    @Test func aPlanThatDoesNotRunTakesNoTime() throws {
        let record = try Self.cancelled().soFar
        #expect([record.beginCount, record.endCount] == [0, 0])
    }

    @Test func aRunThatHasBegunGoesOn() throws {
        let halt = Halt()
        let (scheduler, model) = try Scheduler.make(running: .stopping(at: halt))
        let recorder = PlanRecorder()
        let run = scheduler.submit(.once(model, .row(1)), completion: recorder)
        halt.waitUntilReached()
        run.cancel()
        halt.release()
        #expect(try recorder.outcome.words == ["ran"])
    }

    @Test func stepsBehindTheRunningOneDoNotRun() throws {
        let halt = Halt()
        let (scheduler, model) = try Scheduler.make(running: .stopping(at: halt))
        let recorder = PlanRecorder()
        let run = scheduler.submit(SchedulerPlanTests.chain(model, model), completion: recorder)
        halt.waitUntilReached()
        run.cancel()
        halt.release()
        #expect(try recorder.outcome.words == ["ran", "not run"])
    }
}

@Suite struct ExecutionPlanTests {
    static func model() throws -> Model { try Scheduler.make(running: .addingOne()).1 }

    @Test func aStepsOutputsFollowTheSlotsThereAre() throws {
        var plan = ExecutionPlan(tensors: [.row(0), .row(1)])
        #expect(plan.addStep(try Self.model(), inputs: [0], outputCount: 3) == 2..<5)
    }

    @Test func aSecondStepsOutputsFollowTheFirsts() throws {
        var plan = ExecutionPlan(tensors: [.row(0)])
        plan.addStep(try Self.model(), inputs: [0], outputCount: 2)
        #expect(plan.addStep(try Self.model(), inputs: [1], outputCount: 1) == 3..<4)
    }

    static func outcome(stepCount: Int) throws -> PlanOutcome {
        var plan = ExecutionPlan(tensors: [.row(7)])
        for _ in 0..<stepCount { plan.addStep(try model(), inputs: [0], outputCount: 1) }
        return PlanOutcome(of: plan)
    }

    @Test func theFirstErrorIsThatOfTheFirstFailingStep() throws {
        var outcome = try Self.outcome(stepCount: 4)
        outcome.end(3, .failed(.missingInput))
        outcome.end(1, .failed(.unsupportedDevice))
        outcome.end(0, outputs: [.row(8)], in: 1..<2)
        #expect(outcome.firstError == .unsupportedDevice)
        #expect(outcome.words == ["ran", "failed: unsupportedDevice", "not run", "failed: missingInput"])
    }

    @Test func thereIsNoErrorIfNothingFailed() throws {
        var outcome = try Self.outcome(stepCount: 2)
        outcome.end(0, outputs: [.row(8)], in: 1..<2)
        #expect(outcome.firstError == nil)
    }

    @Test func stepsMayEndInAnyOrder() throws {
        var outcome = try Self.outcome(stepCount: 3)
        outcome.end(2, outputs: [.row(3)], in: 3..<4)
        outcome.end(0, outputs: [nil], in: 1..<2)
        #expect(outcome.contents == [[7], nil, nil, [3]])
        #expect(outcome.words == ["ran", "not run", "ran"])
    }
}
