import Tensors
import Testing

@testable import Execution

/// Waits for the one call of a completion, and counts calls.
private final class PreparedModel: Sendable {
    private let results = Locked<[Result<Model, ExecutionError>]>([])
    private let isCalled = Gate()

    func complete(_ result: Result<Model, ExecutionError>) {
        results.withLock { $0.append(result) }
        isCalled.open()
    }

    var model: Model {
        get throws {
            isCalled.wait()
            return try #require(results.withLock { $0.first }).get()
        }
    }

    var callCount: Int { results.withLock { $0.count } }
}

extension Scheduler {
    /// Prepares a model and returns when its completion has been called.
    fileprivate func prepare(
        define: @escaping @Sendable () throws(ExecutionError) -> ModelDefinition = { .on() }
    ) throws -> PreparedModel {
        let prepared = PreparedModel()
        try prepare(.onnxRuntime, on: .named("CPU"), define: define) { prepared.complete($0) }
        return prepared
    }

    /// Returns when the loader's threads have done all that was given to them before.
    fileprivate func drainLoader() throws {
        let halts = [Halt(), Halt()]
        for halt in halts {
            try prepare(.onnxRuntime, on: .named("CPU")) { () throws(ExecutionError) in
                halt.stop()
                return ModelDefinition.on()
            } completion: { _ in
            }
        }
        for halt in halts { halt.waitUntilReached() }
        for halt in halts { halt.release() }
    }
}

@Suite struct PrepareModelTests {
    @Test func givesAModelThatIsReady() throws {
        let scheduler = try Scheduler.make { _ in TestModel.addingOne() }
        #expect(try scheduler.prepare().model.build.loadedIfReady != nil)
    }

    @Test func givesAModelThatRuns() throws {
        let scheduler = try Scheduler.make { _ in TestModel.addingOne() }
        let model = try scheduler.prepare().model
        #expect(try scheduler.start(.once(model, .row(1))).outcome.words == ["ran"])
    }

    @Test func saysWhyThereIsNoModel() throws {
        let scheduler = try Scheduler.make(build: ModelLoadingTests.failure)
        #expect(throws: ExecutionError.backend("bad bytes")) { try scheduler.prepare().model }
    }

    @Test func saysWhyThereIsNoDefinition() throws {
        let scheduler = try Scheduler.make { _ in TestModel.addingOne() }
        #expect(throws: ExecutionError.outOfMemory) {
            try scheduler.prepare { () throws(ExecutionError) in throw .outOfMemory }.model
        }
    }

    @Test func saysWhyTheLibraryDoesNotOpen() throws {
        let provider = TestProvider(isOpen: false) { () throws(ExecutionError) in
            throw .libraryUnavailable(.onnxRuntime, reason: "gone")
        } build: { _ in
            TestModel.addingOne()
        }
        let scheduler = try Scheduler.make(provider: provider)
        #expect(throws: ExecutionError.libraryUnavailable(.onnxRuntime, reason: "gone")) {
            try scheduler.prepare().model
        }
    }

    @Test(arguments: [false, true])
    func completesOnce(_ fails: Bool) throws {
        let scheduler = try Scheduler.make { _ throws(ExecutionError) in
            guard fails else { return TestModel.addingOne() }
            throw .backend("bad bytes")
        }
        let prepared = try scheduler.prepare()
        _ = try? prepared.model
        try scheduler.drainLoader()
        #expect(prepared.callCount == 1)
    }

    @Test func completesOnALoaderThread() throws {
        let name = Locked("")
        let isDone = Gate()
        let scheduler = try Scheduler.make { _ in TestModel.addingOne() }
        try scheduler.prepare(.onnxRuntime, on: .named("CPU"), define: { .on() }) { _ in
            name.withLock { $0 = String(ThreadFacts.current.name.prefix(8)) }
            isDone.open()
        }
        isDone.wait()
        #expect(name.withLock { $0 } == "ai:load/")
    }

    @Test func makesTheDevicesQueueBeforeItReturns() throws {
        let scheduler = try Scheduler.make { _ in TestModel.addingOne() }
        let prepared = try scheduler.prepare()
        #expect(scheduler.allQueues.map(\.name) == ["CPU"])
        _ = try prepared.model
    }
}

@Suite struct LoaderThreadTests {
    /// Where a model was built and where its library was opened.
    static func threads(isOpen: Bool) throws -> (opening: ThreadFacts?, building: ThreadFacts?) {
        let opening = Locked<ThreadFacts?>(nil)
        let building = Locked<ThreadFacts?>(nil)
        let provider = TestProvider(isOpen: isOpen) {
            opening.withLock { $0 = .current }
        } build: { _ in
            building.withLock { $0 = .current }
            return TestModel.addingOne()
        }
        _ = try Scheduler.make(provider: provider).prepare().model
        return (opening.withLock { $0 }, building.withLock { $0 })
    }

    /// A build must not take the processor from the server.
    @Test func modelsAreBuiltAtLowPriority() throws {
        #expect(try Self.threads(isOpen: true).building?.niceness == max(10, ThreadFacts.current.niceness))
    }

    /// Threads that a library starts inherit the priority of the one that opens it.
    @Test func librariesAreOpenedAtNormalPriority() throws {
        #expect(try Self.threads(isOpen: false).opening?.niceness == ThreadFacts.current.niceness)
    }

    @Test func modelsAreBuiltAtLowPriorityAlsoIfTheLibraryHadToBeOpened() throws {
        #expect(try Self.threads(isOpen: false).building?.niceness == max(10, ThreadFacts.current.niceness))
    }

    @Test func librariesAreOpenedOnAThreadOfTheirOwn() throws {
        #expect(try Self.threads(isOpen: false).opening?.name == "ai:open/0")
    }

    /// The name of the thread on which the last owner's model was freed.
    static func freeingThread(memoryByteCount: Int) throws -> String {
        let name = Locked("")
        let isFreed = Gate()
        let scheduler = try Scheduler.make { definition in
            guard definition.bytes.count == 0 else { return TestModel.addingOne() }
            return TestModel(memoryByteCount: memoryByteCount) {
                name.withLock { $0 = ThreadFacts.current.name }
                isFreed.open()
            } _: { inputs throws(ExecutionError) in
                inputs
            }
        }
        var model: Model? = try scheduler.ready(.on())
        // The thread that has built it lets go of it before it builds another one.
        _ = try scheduler.ready(.on(bytes: [1]))
        withExtendedLifetime(model) {}
        model = nil
        isFreed.wait()
        return name.withLock { $0 }
    }

    @Test func aLargeModelIsFreedInTheBackground() throws {
        #expect(try Self.freeingThread(memoryByteCount: 1 << 20).prefix(8) == "ai:load/")
    }

    @Test func aSmallModelIsFreedWhereItsLastOwnerIs() throws {
        #expect(try Self.freeingThread(memoryByteCount: 1 << 20 - 1) == ThreadFacts.current.name)
    }

    @Test func aModelIsKeptWhileACopyLives() throws {
        let isFreed = Locked(false)
        let loaded = { @Sendable () -> TestModel in
            TestModel {
                isFreed.withLock { $0 = true }
            } _: { inputs throws(ExecutionError) in
                inputs
            }
        }
        let scheduler = try Scheduler.make { _ in loaded() }
        let copy = try scheduler.ready(.on()).copied()
        withExtendedLifetime(copy) { #expect(isFreed.withLock { !$0 }) }
    }
}

@Suite struct DeviceQueueTests {
    @Test func aDeviceHasOneQueue() throws {
        let scheduler = try Scheduler.make { _ in TestModel.addingOne() }
        #expect(try scheduler.queue(for: .named("CPU")) === scheduler.queue(for: .named("CPU")))
    }

    @Test func theCaseOfADevicesNameDoesNotMatter() throws {
        let scheduler = try Scheduler.make { _ in TestModel.addingOne() }
        #expect(try scheduler.queue(for: .named("cpu")) === scheduler.queue(for: .named("CPU")))
    }

    @Test func aNumberedDeviceHasAQueueOfItsOwn() throws {
        let scheduler = try Scheduler.make { _ in TestModel.addingOne() }
        #expect(try scheduler.queue(for: .named("CPU:1")) !== scheduler.queue(for: .named("CPU")))
    }

    @Test func queuesAreListedInTheOrderInWhichTheyCame() throws {
        let scheduler = try Scheduler.make { _ in TestModel.addingOne() }
        for name in ["GPU", "cpu:1", "CPU", "gpu"] { try scheduler.queue(for: .named(name)) }
        #expect(scheduler.allQueues.map(\.name) == ["GPU", "CPU:1", "CPU"])
    }

    @Test func aQueueHasAsManyWorkersAsTheSettingSays() throws {
        let scheduler = try Scheduler.make(threads: 3) { _ in TestModel.addingOne() }
        #expect(try scheduler.queue(for: .named("CPU")).workerMicroseconds.count == 3)
    }
}
