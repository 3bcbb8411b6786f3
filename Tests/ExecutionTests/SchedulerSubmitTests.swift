import Tensors
import Testing

@testable import Execution

/// Plans on their way through the queues.
@Suite struct SchedulerSubmitTests {
    @Test func aPlanRuns() throws {
        let (scheduler, model) = try Scheduler.make(running: .addingOne())
        #expect(try scheduler.start(.once(model, .row(1, 2))).outcome.contents == [[1, 2], [2, 3]])
    }

    @Test func aPlanThatRanSaysSo() throws {
        let (scheduler, model) = try Scheduler.make(running: .addingOne())
        #expect(try scheduler.start(.once(model, .row(1))).outcome.words == ["ran"])
    }

    @Test func aPlanCompletesOnce() throws {
        let (scheduler, model) = try Scheduler.make(running: .addingOne())
        let recorder = scheduler.start(.once(model, .row(1)))
        try scheduler.drain()
        #expect(recorder.soFar.outcomes.count == 1)
    }

    @Test func aStepsTimeBeginsAndEndsOnce() throws {
        let (scheduler, model) = try Scheduler.make(running: .addingOne())
        let recorder = scheduler.start(.once(model, .row(1)))
        try scheduler.drain()
        #expect([recorder.soFar.beginCount, recorder.soFar.endCount] == [1, 1])
    }

    @Test func aFailedStepsTimeEndsToo() throws {
        let (scheduler, model) = try Scheduler.make(running: .failing("no"))
        let recorder = scheduler.start(.once(model, .row(1)))
        try scheduler.drain()
        #expect([recorder.soFar.beginCount, recorder.soFar.endCount] == [1, 1])
    }

    @Test func aFailureIsTheOutcome() throws {
        let (scheduler, model) = try Scheduler.make(running: .failing("no"))
        #expect(try scheduler.start(.once(model, .row(1))).outcome.firstError == .backend("no"))
    }

    @Test func aFailureIsReportedOnce() throws {
        let (scheduler, model) = try Scheduler.make(running: .failing("no"))
        let recorder = scheduler.start(.once(model, .row(1)))
        try scheduler.drain()
        #expect(recorder.soFar.outcomes.count == 1)
    }

    @Test func aPlanRunsOnAWorker() throws {
        let name = Locked("")
        let loaded = TestModel { inputs throws(ExecutionError) in
            name.withLock { $0 = ThreadFacts.current.name }
            return inputs
        }
        let (scheduler, model) = try Scheduler.make(running: loaded, on: "gpu:1")
        _ = try scheduler.start(.once(model, .row(1))).outcome
        #expect(name.withLock { $0 }.prefix(7) == "ai:run/")
    }

    @Test func plansOfOneDeviceRunInTheOrderTheyCame() throws {
        let order = Locked<[UInt8]>([])
        let loaded = TestModel { inputs throws(ExecutionError) in
            order.withLock { $0 += inputs[0].content }
            return inputs
        }
        let (scheduler, model) = try Scheduler.make(running: loaded)
        let recorders = (0..<100).map { scheduler.start(.once(model, .row($0))) }
        for recorder in recorders { _ = try recorder.outcome }
        #expect(order.withLock { $0 } == Array(0..<100))
    }

    @Test func aPlanPinsItsInputs() throws {
        let halt = Halt()
        let (scheduler, blocked) = try Scheduler.make(running: .stopping(at: halt))
        let first = scheduler.start(.once(blocked, .row(0)))
        var input: Tensor? = Tensor.row(7)
        weak let pinned = input
        let second = scheduler.start(.once(blocked, try #require(input)))
        input = nil
        #expect(pinned?.content == [7])
        halt.release()
        _ = try first.outcome
        _ = try second.outcome
    }

    @Test func aPlanThatHasEndedLetsGoOfItsInputs() throws {
        let (scheduler, model) = try Scheduler.make(running: .failing("no"))
        var input: Tensor? = Tensor.row(7)
        weak let pinned = input
        _ = try scheduler.start(.once(model, try #require(input))).outcome
        input = nil
        try scheduler.drain()
        #expect(pinned == nil)
    }

    @Test func inputsReachTheModelAligned() throws {
        let areAligned = Locked<[Bool]>([])
        let loaded = TestModel(inputCount: 2) { inputs throws(ExecutionError) in
            areAligned.withLock { $0 = inputs.map(\.isAligned) }
            return [inputs[0]]
        }
        let (scheduler, model) = try Scheduler.make(running: loaded)
        let held = try Tensor(type: .uint8, shape: TensorShape([3]), holding: .unaligned([1, 2, 3]))
        #expect(try scheduler.start(.once(model, held, .row(1))).outcome.words == ["ran"])
        #expect(areAligned.withLock { $0 } == [true, true])
    }
}

/// A device whose only worker is held up and whose queue is full.
private struct FullQueue {
    let scheduler: Scheduler
    let model: Model
    let halt = Halt()
    let recorders: [PlanRecorder]

    init(limit: Int) throws {
        (scheduler, model) = try Scheduler.make(limit: limit, running: .stopping(at: halt))
        let running = scheduler.start(.once(model, .row(0)))
        halt.waitUntilReached()
        var recorders = [running]
        for _ in 0..<limit { recorders.append(scheduler.start(.once(model, .row(0)))) }
        self.recorders = recorders
    }

    func startAnother() -> PlanRecorder { scheduler.start(.once(model, .row(0))) }
}

@Suite struct QueueLimitTests {
    @Test func aPlanTooManyIsRefused() throws {
        let full = try FullQueue(limit: 2)
        #expect(full.startAnother().soFar.outcomes.first?.firstError == .queueFull(device: "CPU", limit: 2))
        full.halt.release()
    }

    @Test func aRefusedPlanEndsOnce() throws {
        let full = try FullQueue(limit: 2)
        let refused = full.startAnother()
        full.halt.release()
        for recorder in full.recorders { _ = try recorder.outcome }
        #expect(refused.soFar.outcomes.count == 1)
    }

    @Test func aRefusedPlanHasNotBegun() throws {
        let full = try FullQueue(limit: 1)
        let refused = full.startAnother()
        full.halt.release()
        for recorder in full.recorders { _ = try recorder.outcome }
        #expect([refused.soFar.beginCount, refused.soFar.endCount] == [0, 0])
    }

    @Test func whatWaitsRunsAllTheSame() throws {
        let full = try FullQueue(limit: 2)
        _ = full.startAnother()
        full.halt.release()
        #expect(try full.recorders.map { try $0.outcome.words } == [["ran"], ["ran"], ["ran"]])
    }

    @Test func thereIsRoomAgainLater() throws {
        let full = try FullQueue(limit: 1)
        _ = full.startAnother()
        full.halt.release()
        for recorder in full.recorders { _ = try recorder.outcome }
        #expect(try full.startAnother().outcome.words == ["ran"])
    }

    @Test func aPlanWithAStepThatIsRefusedEndsOnceWhenTheOthersHave() throws {
        let full = try FullQueue(limit: 1)
        let other = try full.scheduler.ready(.on("GPU"))
        var plan = ExecutionPlan(tensors: [.row(1)])
        plan.addStep(full.model, inputs: [0], outputCount: 1)
        plan.addStep(other, inputs: [0], outputCount: 1)
        let recorder = full.scheduler.start(plan)
        full.halt.release()
        #expect(try recorder.outcome.firstError == .queueFull(device: "CPU", limit: 1))
        try full.scheduler.drain("GPU")
        #expect(recorder.soFar.outcomes.count == 1)
    }
}

extension TestModel {
    static func failing(_ words: String) -> TestModel {
        TestModel { _ throws(ExecutionError) in throw .backend(words) }
    }

    /// Passes its input on, once the test lets it.
    static func stopping(at halt: Halt) -> TestModel {
        TestModel { inputs throws(ExecutionError) in
            halt.stop()
            return inputs
        }
    }
}
