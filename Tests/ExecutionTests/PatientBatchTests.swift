import Testing

@testable import Execution

/// How the wait for MINBATCHSIZE ends early, and what it is counted as.
@Suite struct PatientBatchTests {
    private static let millisecond = 1_000_000

    @Test func oneThatHurriesTakesItsBatchAlong() {
        var queue = NumberedQueue()
        let model = BatchModel(8, 4)
        for _ in 0..<2 { queue.add(model) }
        #expect(queue.next() == .wait(until: nil))
        queue.queue.hurry(queue.tickets[1])
        #expect(queue.decisions() == [.runTogether([0, 1]), .wait(until: nil)])
        // The next one waits again.
        queue.add(model)
        #expect(queue.next() == .wait(until: nil))
    }

    @Test func oneThatComesUrgentTakesItsBatchAlong() {
        var queue = NumberedQueue()
        let model = BatchModel(8, 4)
        queue.add(model)
        queue.add(model, isUrgent: true)
        #expect(queue.decisions() == [.runTogether([0, 1]), .wait(until: nil)])
    }

    /// Only the next batch leaves at once; the one behind it is as urgent.
    @Test func allOfAModelGoOnWhateverBatchTheyBelongTo() {
        var queue = NumberedQueue()
        let (model, other) = (BatchModel(4, 4), BatchModel(8, 2))
        queue.add(other)
        for rows in [3, 2] { queue.add(model, rows: rows) }
        queue.queue.hurryAll(of: ObjectIdentifier(model))
        #expect(queue.decisions() == [.run(1), .run(2), .wait(until: nil)])
        queue.queue.hurryAll()
        #expect(queue.decisions() == [.run(0), .wait(until: nil)])
    }

    @Test func whoHasHurriedAndLeftHurriesNobody() {
        var queue = NumberedQueue()
        let model = BatchModel(8, 4)
        for _ in 0..<2 { queue.add(model) }
        queue.queue.hurry(queue.tickets[0])
        _ = queue.remove(0)
        #expect(queue.next() == .wait(until: nil))
        // Nor does a ticket of one that has left.
        queue.queue.hurry(queue.tickets[0])
        #expect(queue.next() == .wait(until: nil))
    }

    @Test func thoseThatWaitAreCountedApart() {
        var queue = NumberedQueue()
        let (model, other) = (BatchModel(8, 3), BatchModel(8, 2))
        for model in [model, model, other, nil] { queue.add(model) }
        #expect(queue.queue.count == 4)
        #expect(queue.queue.patientCount == 3)
        #expect(queue.queue.patientCount(of: ObjectIdentifier(model)) == 2)
        #expect(queue.tickets.map { queue.queue.isPatient($0) } == [true, true, true, false])
        // With a third row all three can run.
        queue.add(model)
        #expect(queue.queue.patientCount == 1)
        #expect(queue.queue.patientCount(of: ObjectIdentifier(model)) == 0)
        _ = queue.decisions()
        #expect(queue.queue.count == 1 && queue.queue.patientCount == 1)
        _ = queue.remove(2)
        #expect(queue.queue.count == 0 && queue.queue.patientCount == 0)
    }

    @Test func aLimitForAllShortensTheWait() {
        let own = BatchSettings(maximumSize: 8, minimumSize: 4, minimumTimeoutMilliseconds: 20)
        let endless = BatchSettings(maximumSize: 8, minimumSize: 4)
        let deadlines = [(own, 0), (own, 5), (own, 50), (endless, 0), (endless, 5)].map { settings, limit in
            BatchPolicy(settings, longestWait: limit).deadline(queuedAt: 7)
        }
        let milliseconds = deadlines.map { $0.map { ($0 - 7) / Self.millisecond } }
        #expect(milliseconds == [20, 5, 20, nil, 5])
    }

    @Test func eachFirstWithoutLimitIsToldOnce() {
        var queue = NumberedQueue()
        let (endless, other) = (BatchModel(8, 4), BatchModel(8, 4))
        queue.add(endless, at: 10)
        queue.add(BatchModel(8, 4, milliseconds: 60_000), at: 11)
        queue.add(endless, at: 12)
        queue.add(other, at: 13)
        #expect(queue.queue.oldestUnnoticed == 10)
        #expect(queue.queue.takeNotices(queuedUntil: 9) == [])
        #expect(queue.queue.takeNotices(queuedUntil: 12) == [0])
        #expect(queue.queue.oldestUnnoticed == 13)
        // What comes behind one that was told of is nothing new.
        queue.add(endless, at: 14)
        #expect(queue.queue.takeNotices(queuedUntil: 99) == [3])
        // The next one in front is.
        _ = queue.remove(0)
        #expect(queue.queue.takeNotices(queuedUntil: 99) == [2])
        #expect(queue.queue.oldestUnnoticed == nil)
    }

    @Test func allCanBeTakenOut() {
        var queue = NumberedQueue()
        let model = BatchModel(8, 4)
        for model in [model, nil, model] { queue.add(model) }
        #expect(queue.queue.removeAll() == [0, 1, 2])
        #expect(queue.queue.isEmpty && queue.queue.patientCount == 0)
        #expect(queue.remove(0) == nil)
        queue.add(nil)
        #expect(queue.decisions() == [.run(3), .wait(until: nil)])
    }
}

/// The same with workers and plans.
@Suite struct PatientRunTests {
    static func model(
        _ scheduler: Scheduler, minimum: Int, on device: String = "CPU"
    ) throws -> Model {
        try LostRunTests.model(
            .addingOne(), on: device, batching: BatchSettings(maximumSize: 8, minimumSize: minimum),
            of: scheduler)
    }

    @Test func aModelThatLeftItsKeyWaitsForNobody() throws {
        let scheduler = try Scheduler.make { _ in TestModel.addingOne() }
        let model = try Self.model(scheduler, minimum: 8)
        let recorders = (0..<3).map { _ in scheduler.start(.once(model, .row(1))) }
        #expect(scheduler.allQueues[0].patientCount == 3)
        model.leaveKeys()
        for recorder in recorders { #expect(try recorder.outcome.words == ["ran"]) }
        #expect(try scheduler.start(.once(model, .row(1))).outcome.words == ["ran"])
        #expect(model.statistics.summary.rows.maximum == 3)
    }

    @Test func aModelThatIsElsewhereWaitsAgain() throws {
        let scheduler = try Scheduler.make { _ in TestModel.addingOne() }
        let model = try Self.model(scheduler, minimum: 2)
        let recorder = scheduler.start(.once(model, .row(1)))
        model.hurryWaiting()
        #expect(try recorder.outcome.words == ["ran"])
        let others = [scheduler.start(.once(model, .row(1)))]
        #expect(scheduler.allQueues[0].patientCount == 1)
        let last = scheduler.start(.once(model, .row(1)))
        for recorder in others + [last] { #expect(try recorder.outcome.words == ["ran"]) }
    }

    @Test func aPlanThatHurriesWaitsForNobodyNowAndLater() throws {
        let scheduler = try Scheduler.make { _ in TestModel.addingOne() }
        let first = try Self.model(scheduler, minimum: 8)
        let second = try Self.model(scheduler, minimum: 8)
        var plan = ExecutionPlan(tensors: [.row(1)])
        let made = plan.addStep(first, inputs: [0], outputCount: 1)
        plan.addStep(second, inputs: [made.lowerBound], outputCount: 1)
        let recorder = PlanRecorder()
        let run = scheduler.submit(plan, completion: recorder)
        #expect(scheduler.allQueues[0].patientCount == 1)
        run.hurry()
        #expect(try recorder.outcome.contents == [[1], [2], [3]])
    }

    @Test func thoseThatWaitForABatchTakeNoPlaceOfOthers() throws {
        let scheduler = try Scheduler.make(limit: 2) { _ in TestModel.addingOne() }
        let patient = try Self.model(scheduler, minimum: 8)
        let another = try Self.model(scheduler, minimum: 8)
        let usual = try Self.model(scheduler, minimum: 0)
        let waiting = [patient, patient, another, another].map { scheduler.start(.once($0, .row(1))) }
        #expect(scheduler.allQueues[0].patientCount == 4)
        for model in [patient, another] {
            #expect(
                try scheduler.start(.once(model, .row(1))).outcome.words == [
                    "failed: batchWaitFull(limit: 2)"
                ])
        }
        for _ in 0..<3 { #expect(try scheduler.start(.once(usual, .row(1))).outcome.words == ["ran"]) }
        #expect(scheduler.allQueues[0].patientCount == 4)
        scheduler.hurryWaiting()
        for recorder in waiting { #expect(try recorder.outcome.words == ["ran"]) }
    }

    @Test func theDeviceRunsInlineBesideThoseThatWait() throws {
        let scheduler = try Scheduler.make(budget: 1_000_000) { _ in TestModel.addingOne() }
        let patient = try Self.model(scheduler, minimum: 8)
        let usual = try Self.model(scheduler, minimum: 0)
        for _ in 0..<3 { usual.costs.record(1, RunSize([.row(0)])) }
        let recorder = scheduler.start(.once(patient, .row(1)))
        #expect(scheduler.inline(.once(usual, .row(1))) != nil)
        scheduler.hurryWaiting()
        #expect(try recorder.outcome.words == ["ran"])
    }

    /// Once the log has told of them: they have no time at which somebody had to look.
    @Test func nobodyIsWokenForThoseThatWaitWithoutLimit() throws {
        let scheduler = try Scheduler.make { _ in TestModel.addingOne() }
        let model = try Self.model(scheduler, minimum: 8)
        let plan = ExecutionPlan.once(model, .row(1))
        let request = RunRequest(
            plan: PlanRun(plan, after: PlanOutcome(of: plan), completion: PlanRecorder()), step: 0,
            work: .model(model), inputs: [.row(1)], outputCount: 1, waitingSince: 0, queuedAt: 0,
            wasJoined: false)
        var state = RunQueue.State(workerCount: 3)
        state.waiting.append(request, as: request.batchMember(longestWaitMilliseconds: 0), queuedAt: 0)
        // Somebody waits for the time of the line in the log.
        #expect(state.takeHelper() != nil)
        #expect(state.waiting.takeNotices(queuedUntil: 0).count == 1)
        #expect(state.nextLook == nil)
        #expect(state.takeHelper() == nil)
        state.waiting.append(request, as: nil, queuedAt: 0)
        #expect(state.takeHelper() != nil)
    }
}
