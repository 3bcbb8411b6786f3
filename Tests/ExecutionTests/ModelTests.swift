import Glibc
import Tensors
import Testing

@testable import Execution

/// Runs of one model: what is refused, and what is counted.
@Suite struct ModelRunTests {
    static func outcome(
        _ loaded: TestModel, _ inputs: Tensor..., outputCount: Int = 1
    ) throws -> (PlanOutcome, RunStatistics) {
        let (scheduler, model) = try Scheduler.make(running: loaded)
        var plan = ExecutionPlan(tensors: inputs)
        plan.addStep(model, inputs: Array(inputs.indices), outputCount: outputCount)
        return (try scheduler.start(plan).outcome, model.statistics)
    }

    @Test(arguments: [0, 1, 3])
    func refusesAnotherNumberOfInputs(_ count: Int) throws {
        let loaded = TestModel(inputCount: 2) { inputs throws(ExecutionError) in [inputs[0]] }
        let (scheduler, model) = try Scheduler.make(running: loaded)
        var plan = ExecutionPlan(tensors: [.row(0)])
        plan.addStep(model, inputs: Array(repeating: 0, count: count), outputCount: 1)
        #expect(try scheduler.start(plan).outcome.firstError == .inputCountMismatch)
    }

    @Test(arguments: [0, 1, 3])
    func refusesAnotherNumberOfOutputs(_ count: Int) throws {
        let loaded = TestModel(outputCount: 2) { inputs throws(ExecutionError) in inputs + inputs }
        #expect(try Self.outcome(loaded, .row(1), outputCount: count).0.firstError == .outputCountMismatch)
    }

    @Test(arguments: [0, 1, 3])
    func refusesWhatTheRuntimeReturnsInAnotherNumber(_ count: Int) throws {
        let loaded = TestModel(outputCount: 2) { inputs throws(ExecutionError) in
            Array(repeating: inputs[0], count: count)
        }
        #expect(try Self.outcome(loaded, .row(1), outputCount: 2).0.firstError == .unexpectedOutputCount)
    }

    @Test func aRunCountsAsACall() throws {
        #expect(try Self.outcome(.addingOne(), .row(1)).1.calls == 1)
    }

    @Test func aRunCountsTheRowsOfItsFirstOutput() throws {
        #expect(try Self.outcome(.addingOne(), .row(1, 2, 3)).1.samples == 3)
    }

    @Test func aRunOnAWorkerCountsItsRowsAndOnlyWithItsWaitMakesTheTotal() throws {
        let summary = try Self.outcome(.addingOne(), .row(1, 2, 3)).1.summary
        #expect([summary.rows.sum, summary.runTime.count, summary.totalTime.count] == [3, 1, 1])
        #expect(summary.totalTime.sum == summary.waitTime.sum + summary.runTime.sum)
    }

    @Test func anOutputThatIsNoTensorHasNoRows() throws {
        #expect(try Self.outcome(TestModel { _ throws(ExecutionError) in [nil] }, .row(1)).1.samples == 0)
    }

    @Test func aRefusalCountsAsACallAndAnError() throws {
        let statistics = try Self.outcome(.addingOne(), .row(1), outputCount: 2).1
        #expect([statistics.calls, statistics.errors] == [1, 1])
    }

    @Test func aFailureCountsAsACallAndAnError() throws {
        let statistics = try Self.outcome(.failing("no"), .row(1)).1
        #expect([statistics.calls, statistics.errors] == [1, 1])
    }
}

@Suite struct ModelNameTests {
    @Test func areTheModelsOwnOnceItIsReady() throws {
        let (_, model) = try Scheduler.make(running: .addingOne())
        #expect([model.inputNames, model.outputNames] == [[Array("in0".utf8)], [Array("out0".utf8)]])
    }

    @Test func areTheSavedOnesIfItCouldNotBeBuilt() throws {
        let scheduler = try Scheduler.make { _ throws(ExecutionError) in throw .backend("no") }
        let model = try scheduler.loading(.on())
        #expect(
            [model.inputNames, model.outputNames] == [
                [Array("saved input".utf8)], [Array("saved output".utf8)],
            ])
    }
}

@Suite struct ModelMemoryTests {
    @Test func isThatOfItsBytesWhileItLoads() throws {
        let scheduler = try Scheduler.make { _ throws(ExecutionError) in throw .backend("no") }
        #expect(try scheduler.loading(.on(bytes: [1, 2, 3])).memoryByteCount == 3)
    }

    @Test func isAlsoThatOfItsLoadedFormOnceItIsReady() throws {
        let loaded = TestModel(memoryByteCount: 1000) { inputs throws(ExecutionError) in inputs }
        let scheduler = try Scheduler.make { _ in loaded }
        #expect(try scheduler.ready(.on(bytes: [1, 2, 3])).memoryByteCount == 1003)
    }
}

/// A model that was copied to another key.
@Suite struct CopiedModelTests {
    @Test func sharesTheBuild() throws {
        let (_, model) = try Scheduler.make(running: .addingOne())
        #expect(model.copied().build === model.build)
    }

    @Test func runs() throws {
        let (scheduler, model) = try Scheduler.make(running: .addingOne())
        #expect(try scheduler.start(.once(model.copied(), .row(1))).outcome.words == ["ran"])
    }

    @Test func itsRunsCountForItAlone() throws {
        let (scheduler, model) = try Scheduler.make(running: .addingOne())
        let copy = model.copied()
        _ = try scheduler.start(.once(copy, .row(1))).outcome
        #expect([model.statistics.calls, copy.statistics.calls] == [0, 1])
    }

    @Test func beginsWithoutStatistics() throws {
        let (scheduler, model) = try Scheduler.make(running: .addingOne())
        _ = try scheduler.start(.once(model, .row(1))).outcome
        #expect(model.copied().statistics.calls == 0)
    }

    @Test func becomesReadyWithTheOriginal() throws {
        let halt = Halt()
        let scheduler = try Scheduler.make { _ throws(ExecutionError) in
            halt.stop()
            return TestModel.addingOne()
        }
        let copy = try scheduler.loading(.on()).copied()
        let recorder = scheduler.start(.once(copy, .row(1)))
        halt.release()
        #expect(try recorder.outcome.words == ["ran"])
    }
}

@Suite struct OverlapTests {
    /// How many runs were inside at once, at most, when four workers had enough to do.
    static func mostAtOnce(overlaps: Bool, copies: Bool = false) throws -> Int {
        let inside = Locked(0)
        let most = Locked(0)
        let loaded = TestModel(overlaps: overlaps) { inputs throws(ExecutionError) in
            let count = inside.withLock { count in
                count += 1
                return count
            }
            most.withLock { $0 = max($0, count) }
            // Gives others every chance to come in.
            for _ in 0..<20 { sched_yield() }
            inside.withLock { $0 -= 1 }
            return inputs
        }
        let (scheduler, model) = try Scheduler.make(threads: 4, running: loaded)
        let recorders = (0..<200).map { _ in
            scheduler.start(.once(copies ? model.copied() : model, .row(1)))
        }
        for recorder in recorders { _ = try recorder.outcome }
        return most.withLock { $0 }
    }

    @Test func aModelThatMustRunAloneNeverRunsTwiceAtOnce() throws {
        #expect(try Self.mostAtOnce(overlaps: false) == 1)
    }

    @Test func copiesOfAModelThatMustRunAloneNeverRunAtOnce() throws {
        #expect(try Self.mostAtOnce(overlaps: false, copies: true) == 1)
    }

    /// Each run goes on only when the other has begun.
    @Test func aModelThatMayOverlapRunsTwiceAtOnce() throws {
        let halts = [Halt(), Halt()]
        let loaded = TestModel { inputs throws(ExecutionError) in
            halts[Int(inputs[0].content[0])].stop()
            return inputs
        }
        let (scheduler, model) = try Scheduler.make(threads: 2, running: loaded)
        let recorders = [scheduler.start(.once(model, .row(0))), scheduler.start(.once(model, .row(1)))]
        for halt in halts { halt.waitUntilReached() }
        for halt in halts { halt.release() }
        #expect(try recorders.map { try $0.outcome.words } == [["ran"], ["ran"]])
    }

    @Test func differentModelsThatMustRunAloneRunAtTheSameTime() throws {
        let halts = [Halt(), Halt()]
        let (scheduler, first) = try Scheduler.make(threads: 2, running: .alone(stoppingAt: halts[0]))
        let second = try scheduler.otherModel(.alone(stoppingAt: halts[1]))
        let recorders = [scheduler.start(.once(first, .row(0))), scheduler.start(.once(second, .row(1)))]
        for halt in halts { halt.waitUntilReached() }
        for halt in halts { halt.release() }
        #expect(try recorders.map { try $0.outcome.words } == [["ran"], ["ran"]])
    }
}

extension TestModel {
    /// Passes its input on once the test lets it; never twice at once.
    fileprivate static func alone(stoppingAt halt: Halt) -> TestModel {
        TestModel(overlaps: false) { inputs throws(ExecutionError) in
            halt.stop()
            return inputs
        }
    }
}
