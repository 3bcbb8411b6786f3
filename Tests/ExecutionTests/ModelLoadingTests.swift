import Tensors
import Testing

@testable import Execution

/// From bytes to something that runs.
@Suite struct ModelLoadingTests {
    /// A model that loads until the test lets it go on.
    static func loading(
        _ halt: Halt, _ build: @escaping TestProvider.Build = { _ in TestModel.addingOne() }
    ) throws -> (Scheduler, Model) {
        let scheduler = try Scheduler.make { definition throws(ExecutionError) in
            halt.stop()
            return try build(definition)
        }
        return (scheduler, try scheduler.loading(.on()))
    }

    static let failure: TestProvider.Build = { _ throws(ExecutionError) in throw .backend("bad bytes") }

    @Test func aRequestWaitsWhileItsModelLoads() throws {
        let halt = Halt()
        let (scheduler, model) = try Self.loading(halt)
        let recorder = scheduler.start(.once(model, .row(1)))
        try scheduler.drain()
        #expect(recorder.soFar.outcomes.isEmpty)
        halt.release()
        #expect(try recorder.outcome.contents == [[1], [2]])
    }

    @Test func aWaitingRequestTakesNoWorker() throws {
        let halt = Halt()
        let (scheduler, model) = try Self.loading(halt)
        let recorder = scheduler.start(.once(model, .row(1)))
        let other = try scheduler.otherModel(.addingOne())
        #expect(try scheduler.start(.once(other, .row(1))).outcome.words == ["ran"])
        halt.release()
        _ = try recorder.outcome
    }

    @Test func requestsThatWaitedRunInTheOrderTheyCame() throws {
        let halt = Halt()
        let order = Locked<[UInt8]>([])
        let (scheduler, model) = try Self.loading(halt) { _ in
            TestModel { inputs throws(ExecutionError) in
                order.withLock { $0 += inputs[0].content }
                return inputs
            }
        }
        let recorders = (0..<20).map { scheduler.start(.once(model, .row($0))) }
        halt.release()
        for recorder in recorders { _ = try recorder.outcome }
        #expect(order.withLock { $0 } == Array(0..<20))
    }

    @Test func nothingIsKnownOfAModelThatLoads() throws {
        let halt = Halt()
        let (_, model) = try Self.loading(halt)
        #expect(try model.build.loaded() == nil && model.build.loadedIfReady == nil)
        halt.release()
    }

    @Test func anyCountsAreTakenWhileAModelLoads() throws {
        let halt = Halt()
        let (_, model) = try Self.loading(halt)
        #expect(throws: Never.self) { try model.check(inputCount: 9, outputCount: 9) }
        halt.release()
    }

    @Test func countsOfARequestThatWaitedAreCheckedWhenTheModelIsReady() throws {
        let halt = Halt()
        let (scheduler, model) = try Self.loading(halt)
        let recorder = scheduler.start(.once(model, .row(1), outputCount: 2))
        halt.release()
        #expect(try recorder.outcome.firstError == .outputCountMismatch)
    }

    @Test func aRequestThatWaitedGetsTheErrorOfTheBuild() throws {
        let halt = Halt()
        let (scheduler, model) = try Self.loading(halt, Self.failure)
        let recorder = scheduler.start(.once(model, .row(1)))
        halt.release()
        #expect(try recorder.outcome.firstError == .backend("bad bytes"))
    }

    @Test func aLaterRequestGetsTheErrorOfTheBuild() throws {
        let scheduler = try Scheduler.make(build: Self.failure)
        let model = try scheduler.loading(.on())
        _ = try scheduler.start(.once(model, .row(1))).outcome
        #expect(try scheduler.start(.once(model, .row(1))).outcome.firstError == .backend("bad bytes"))
    }

    @Test func countsAreRefusedWithTheErrorOfTheBuild() throws {
        let scheduler = try Scheduler.make(build: Self.failure)
        let model = try scheduler.loading(.on())
        _ = try scheduler.start(.once(model, .row(1))).outcome
        #expect(throws: ExecutionError.backend("bad bytes")) {
            try model.check(inputCount: 1, outputCount: 1)
        }
    }

    @Test func theCountsOfAReadyModelAreTaken() throws {
        let (_, model) = try Scheduler.make(running: .addingOne())
        #expect(throws: Never.self) { try model.check(inputCount: 1, outputCount: 1) }
    }

    @Test(
        arguments: [
            (2, 1, .inputCountMismatch), (0, 1, .inputCountMismatch), (1, 0, .outputCountMismatch),
            (1, 2, .outputCountMismatch), (2, 2, .inputCountMismatch),
        ] as [(Int, Int, ExecutionError)])
    func otherCountsThanThoseOfAReadyModelAreRefused(
        _ inputs: Int, _ outputs: Int, _ error: ExecutionError
    ) throws {
        let (_, model) = try Scheduler.make(running: .addingOne())
        #expect(throws: error) { try model.check(inputCount: inputs, outputCount: outputs) }
    }

    /// On a thread that can be given up, but with the priority of the one that waits.
    @Test func aReadyModelIsBuiltOnAThreadOfItsOwn() throws {
        let facts = Locked<ThreadFacts?>(nil)
        let scheduler = try Scheduler.make { _ in
            facts.withLock { $0 = .current }
            return TestModel.addingOne()
        }
        _ = try scheduler.ready(.on())
        #expect(facts.withLock { $0?.name } == "ai:build/0")
        #expect(facts.withLock { $0?.niceness } == ThreadFacts.current.niceness)
    }

    @Test func aReadyModelThatCannotBeBuiltIsRefused() throws {
        let scheduler = try Scheduler.make(build: Self.failure)
        #expect(throws: ExecutionError.backend("bad bytes")) { try scheduler.ready(.on()) }
    }

    @Test func aModelIsBuiltOnce() throws {
        let count = Locked(0)
        let scheduler = try Scheduler.make { _ in
            count.withLock { $0 += 1 }
            return TestModel.addingOne()
        }
        let model = try scheduler.loading(.on())
        for _ in 0..<3 { _ = try scheduler.start(.once(model, .row(1))).outcome }
        #expect(count.withLock { $0 } == 1)
    }
}

/// What is done once when loading has ended.
@Suite struct BuildEndTests {
    @Test func isDoneAtOnceIfItHas() {
        let count = Locked(0)
        ModelBuild.ready(.addingOne()).whenEnded { count.withLock { $0 += 1 } }
        #expect(count.withLock { $0 } == 1)
    }

    @Test func isDoneOnceIfItHasNot() throws {
        let halt = Halt()
        let (scheduler, model) = try ModelLoadingTests.loading(halt)
        let count = Locked(0)
        model.build.whenEnded { count.withLock { $0 += 1 } }
        let before = count.withLock { $0 }
        halt.release()
        _ = try scheduler.start(.once(model, .row(1))).outcome
        #expect([before, count.withLock { $0 }] == [0, 1])
    }

    @Test func isDoneIfItFailed() throws {
        let halt = Halt()
        let (_, model) = try ModelLoadingTests.loading(halt, ModelLoadingTests.failure)
        let isDone = Gate()
        model.build.whenEnded { isDone.open() }
        halt.release()
        isDone.wait()
    }
}

/// A model whose library was missing, once it is there.
@Suite struct RebuildTests {
    /// A library that is missing until the test puts it there, and a model that failed for want of it.
    struct Missing {
        let isThere = Locked(false)
        let provider: TestProvider
        let scheduler: Scheduler
        let model: Model

        init(build: @escaping TestProvider.Build = { _ in TestModel.addingOne() }) throws {
            let isThere = isThere
            let opening: TestProvider.Opening = { () throws(ExecutionError) in
                guard isThere.withLock({ $0 }) else {
                    throw .libraryUnavailable(.onnxRuntime, reason: "missing")
                }
            }
            provider = TestProvider(isOpen: false, opening: opening, build: build)
            scheduler = try Scheduler.make(provider: provider)
            model = try scheduler.loading(.on())
            _ = try scheduler.start(.once(model, .row(1))).outcome
        }

        /// Puts the library there and opens it.
        func open() throws {
            isThere.withLock { $0 = true }
            _ = try provider.backend(.onnxRuntime)
        }
    }

    @Test func aModelIsBuiltAgainOnceItsLibraryIsOpen() throws {
        let missing = try Missing()
        try missing.open()
        #expect(missing.scheduler.rebuild(missing.model))
        #expect(try missing.scheduler.start(.once(missing.model, .row(1))).outcome.words == ["ran"])
    }

    @Test func aModelIsNotBuiltAgainWhileItsLibraryIsNotOpen() throws {
        let missing = try Missing()
        #expect(!missing.scheduler.rebuild(missing.model))
        #expect(throws: ExecutionError.libraryUnavailable(.onnxRuntime, reason: "missing")) {
            try missing.model.check(inputCount: 1, outputCount: 1)
        }
    }

    @Test func aModelThatFailedForAnotherReasonIsNotBuiltAgain() throws {
        let missing = try Missing(build: ModelLoadingTests.failure)
        try missing.open()
        #expect(missing.scheduler.rebuild(missing.model))
        _ = try missing.scheduler.start(.once(missing.model, .row(1))).outcome
        #expect(!missing.scheduler.rebuild(missing.model))
    }

    @Test func aModelThatIsReadyIsNotBuiltAgain() throws {
        let (scheduler, model) = try Scheduler.make(running: .addingOne())
        #expect(!scheduler.rebuild(model))
    }

    @Test func aModelThatIsLoadingIsNotBuiltAgain() throws {
        let halt = Halt()
        let (scheduler, model) = try ModelLoadingTests.loading(halt)
        #expect(!scheduler.rebuild(model))
        halt.release()
    }
}
