import Glibc
import Tensors
import Testing

@testable import Execution

/// Builds that do not end, and what goes on meanwhile.
@Suite struct StuckBuildTests {
    /// A scheduler whose builds with bytes end at once, and without wait at the halts, in their order.
    static func scheduler(
        _ halts: [Halt], limit: Int = 20, onEnd: @escaping @Sendable () -> Void = {}
    ) -> Scheduler {
        let next = Locked(0)
        let settings = RunSettings()
        settings.inlineBudgetMicroseconds = 0
        settings.buildTimeoutMilliseconds = limit
        let provider = TestProvider { definition in
            guard definition.bytes.count == 0 else { return TestModel.addingOne() }
            let number = next.withLock { next in
                next += 1
                return next - 1
            }
            halts[number].stop()
            return TestModel(onEnd: onEnd) { inputs throws(ExecutionError) in inputs }
        }
        return Scheduler(settings, provider: provider, log: { _ in })
    }

    /// Stores as a client does, and gives what becomes of it.
    static func store(_ scheduler: Scheduler, bytes: [UInt8]) throws -> Result<Model, ExecutionError> {
        let result = Locked<Result<Model, ExecutionError>?>(nil)
        let isDone = Gate()
        try scheduler.prepare(.onnxRuntime, on: .named("CPU"), define: { .on(bytes: bytes) }) { made in
            result.withLock { $0 = made }
            isDone.open()
        }
        isDone.wait()
        return try #require(result.withLock { $0 })
    }

    static let tooLong = ExecutionError.buildTooLong(milliseconds: 20)

    @Test func oneFailsAtItsLimit() throws {
        let halt = Halt()
        let scheduler = Self.scheduler([halt])
        #expect(throws: Self.tooLong) { try Self.store(scheduler, bytes: []).get() }
        #expect(scheduler.builds.map(\.isStuck) == [true])
        halt.release()
        while !scheduler.builds.isEmpty { sched_yield() }
    }

    @Test func othersAreBuiltMeanwhile() throws {
        let halts = (0..<4).map { _ in Halt() }
        let scheduler = Self.scheduler(halts)
        for _ in halts { #expect(throws: Self.tooLong) { try Self.store(scheduler, bytes: []).get() } }
        let model = try Self.store(scheduler, bytes: [1]).get()
        #expect(try scheduler.start(.once(model, .row(1))).outcome.words == ["ran"])
        for halt in halts { halt.release() }
        while !scheduler.builds.isEmpty { sched_yield() }
        #expect((try? Self.store(scheduler, bytes: [1]).get()) != nil)
    }

    @Test func whatItBringsIsDropped() throws {
        let (halt, isGone) = (Halt(), Gate())
        let scheduler = Self.scheduler([halt]) { isGone.open() }
        let model = try scheduler.loading(ModelDefinition.on())
        #expect(try scheduler.start(.once(model, .row(1))).outcome.words == ["failed: \(Self.tooLong)"])
        halt.release()
        isGone.wait()
        #expect(throws: Self.tooLong) { try model.build.loaded() }
        #expect(!scheduler.rebuild(model))
    }

    @Test func whoCannotWaitDoesNotWaitForEver() throws {
        let halt = Halt()
        let scheduler = Self.scheduler([halt])
        #expect(throws: Self.tooLong) { try scheduler.ready(ModelDefinition.on()) }
        #expect(try scheduler.ready(ModelDefinition.on(bytes: [1])).build.loadedIfReady != nil)
        halt.release()
        while !scheduler.builds.isEmpty { sched_yield() }
    }

    @Test func whatAClientWaitsForComesFirst() throws {
        let halts = [Halt(), Halt()]
        let scheduler = Self.scheduler(halts, limit: 3_600_000)
        for _ in halts { _ = try scheduler.loading(ModelDefinition.on()) }
        for halt in halts { halt.waitUntilReached() }
        let order = Locked<[String]>([])
        let background = try (0..<4).map { number in
            let model = try scheduler.loading(ModelDefinition.on(bytes: [1]))
            model.build.whenEnded { order.withLock { $0.append("background") } }
            return model
        }
        let isDone = Gate()
        try scheduler.prepare(.onnxRuntime, on: .named("CPU"), define: { .on(bytes: [1]) }) { _ in
            order.withLock { $0.append("client") }
            isDone.open()
        }
        #expect(scheduler.waitingBuildCount == 5)
        halts[0].release()
        isDone.wait()
        #expect(order.withLock { $0.first } == "client")
        halts[1].release()
        for model in background {
            #expect(try scheduler.start(.once(model, .row(1))).outcome.words == ["ran"])
        }
    }

    /// Without a library nothing can be built, and with stuck threads neither: both may pass.
    @Test func aBuildThatFoundNoThreadIsTriedAgain() {
        let build = ModelBuild { _ in }
        build.end(.failure(.buildersStuck(count: 9)))
        #expect(build.reopen(hasLibrary: false))
        build.end(.failure(.buildTooLong(milliseconds: 1)))
        #expect(!build.reopen(hasLibrary: true))
    }
}

@Suite struct BuildTurnTests {
    /// A queue of one thread that is at some work, which `end` lets go.
    struct Occupied {
        let queue = WorkQueue(name: "test", threadCount: 1)
        let halt = Halt()
        let turn: BuildTurn
        let failures: Locked<[ExecutionError]>

        init(limit: Int) throws {
            let made = Locked<BuildTurn?>(nil)
            let failures = Locked<[ExecutionError]>([])
            self.failures = failures
            let item = WorkQueue.Item(work: { [queue, halt] worker in
                let turn = BuildTurn(.onnxRuntime, on: queue, worker, limit: { limit }) { error in
                    failures.withLock { $0.append(error) }
                }
                made.withLock { $0 = turn }
                halt.stop()
            })
            try queue.add(item)
            halt.waitUntilReached()
            turn = try #require(made.withLock { $0 })
        }
    }

    private static let second = 1_000_000_000

    @Test func nothingHappensBeforeTheLimit() throws {
        let occupied = try Occupied(limit: 1000)
        occupied.turn.judge(at: occupied.turn.began + Self.second - 1)
        #expect(!occupied.turn.isOver)
        occupied.turn.judge(at: occupied.turn.began + Self.second)
        #expect(occupied.turn.isOver)
        occupied.turn.judge(at: occupied.turn.began + 2 * Self.second)
        #expect(occupied.failures.withLock { $0 } == [.buildTooLong(milliseconds: 1000)])
        #expect(!occupied.turn.end())
        occupied.halt.release()
    }

    @Test(arguments: [false, true])
    func aSlowOneMakesRoomOnlyIfAClientWaits(_ isUrgent: Bool) throws {
        let occupied = try Occupied(limit: 3_600_000)
        let isDone = Gate()
        try occupied.queue.add(WorkQueue.Item(isUrgent: isUrgent, work: { _ in isDone.open() }))
        occupied.turn.judge(at: occupied.turn.began + 5 * Self.second - 1)
        #expect(occupied.queue.waitingCount == 1)
        occupied.turn.judge(at: occupied.turn.began + 5 * Self.second)
        if isUrgent { isDone.wait() } else { #expect(occupied.queue.waitingCount == 1) }
        #expect(occupied.turn.end() && occupied.failures.withLock { $0.isEmpty })
        occupied.halt.release()
        isDone.wait()
    }

    @Test func soManyAreReplacedAndThenWorkIsRefused() throws {
        let queue = WorkQueue(name: "test", threadCount: 1)
        let halts = (0...WorkQueue.mostLostWorkers).map { _ in Halt() }
        for (number, halt) in halts.enumerated() {
            let worker = Locked<WorkQueue.Worker?>(nil)
            try queue.add(
                WorkQueue.Item(work: { me in
                    worker.withLock { $0 = me }
                    halt.stop()
                }))
            halt.waitUntilReached()
            if number == WorkQueue.mostLostWorkers {
                let refusals = Locked<[Int]>([])
                let kept = Gate()
                try queue.add(
                    WorkQueue.Item(
                        work: { _ in }, refused: { count in refusals.withLock { $0.append(count) } }))
                #expect(queue.enqueue { kept.open() })
                queue.replace(try #require(worker.withLock { $0 }), isLost: true)
                #expect(refusals.withLock { $0 } == [halts.count])
                #expect(throws: ExecutionError.buildersStuck(count: halts.count)) {
                    try queue.add(WorkQueue.Item(work: { _ in }, refused: { _ in }))
                }
                // Whoever comes back first does what could wait.
                halts[2].release()
                kept.wait()
                let isDone = Gate()
                try queue.add(WorkQueue.Item(work: { _ in isDone.open() }, refused: { _ in }))
                isDone.wait()
            } else {
                queue.replace(try #require(worker.withLock { $0 }), isLost: true)
            }
        }
        for halt in halts { halt.release() }
    }
}
