import Tensors
import Testing

@testable import Execution

/// Threads that all queues share, and the places that each queue has for them.
@Suite struct WorkerPoolTests {
    static func pool() -> WorkerPool { WorkerPool(watch: RunWatch { 1000 }) }

    /// A model whose runs stop, each at a halt of its own, in the order of the halts.
    static func stopping(at halts: [Halt]) -> TestModel {
        let next = Locked(0)
        return TestModel { inputs throws(ExecutionError) in
            let index = next.withLock { next in
                defer { next += 1 }
                return next
            }
            halts[index].stop()
            return inputs
        }
    }

    static func model(_ loaded: TestModel, on device: String, of scheduler: Scheduler) throws -> Model {
        Model(.on(device), build: .ready(loaded), queue: try scheduler.queue(for: .named(device)))
    }

    /// A model whose output does not matter, and the names of the threads that have run it.
    static func naming(_ names: Locked<[String]>) -> TestModel {
        TestModel { inputs throws(ExecutionError) in
            names.withLock { $0.append(ThreadFacts.current.name) }
            return inputs
        }
    }

    /// Returns when so many workers wait to be called.
    static func wait(for count: Int, in pool: WorkerPool) {
        waitUntil { pool.waitingCount == count }
    }

    @Test func aPoolGrows() {
        let pool = Self.pool()
        #expect([pool.grow(to: 2), pool.grow(to: 5)] == [true, true])
        #expect(pool.workerCount == 5)
    }

    @Test func aPoolNeverShrinks() {
        let pool = Self.pool()
        #expect([pool.grow(to: 3), pool.grow(to: 1)] == [true, true])
        #expect(pool.workerCount == 3)
    }

    @Test func thereIsAWorkerForEachPlaceOfEachQueue() throws {
        let scheduler = try Scheduler.make(threads: 2) { _ in TestModel.addingOne() }
        let halts = (0..<4).map { _ in Halt() }
        let loaded = Self.stopping(at: halts)
        let recorders = try ["CPU", "CPU:1"].flatMap { device in
            let model = try Self.model(loaded, on: device, of: scheduler)
            return [scheduler.start(.once(model, .row(1))), scheduler.start(.once(model, .row(1)))]
        }
        // All four are inside at once.
        for halt in halts { halt.waitUntilReached() }
        #expect(scheduler.allQueues.map(\.busyWorkerCount) == [2, 2])
        for halt in halts { halt.release() }
        for recorder in recorders { #expect(try recorder.outcome.words == ["ran"]) }
    }

    @Test func aQueueLeavesTheOthersTheirWorkers() throws {
        let scheduler = try Scheduler.make(threads: 1) { _ in TestModel.addingOne() }
        let halt = Halt()
        let slow = try Self.model(.stopping(at: halt), on: "CPU", of: scheduler)
        let other = try Self.model(.addingOne(), on: "CPU:1", of: scheduler)
        let stopped = (0..<3).map { _ in scheduler.start(.once(slow, .row(1))) }
        halt.waitUntilReached()
        for _ in 0..<20 { #expect(try scheduler.start(.once(other, .row(1))).outcome.words == ["ran"]) }
        #expect(scheduler.allQueues.map(\.waitingCount) == [2, 0])
        halt.release()
        for recorder in stopped { #expect(try recorder.outcome.words == ["ran"]) }
    }

    @Test func theWorkerThatCameBackLastServesWhateverDeviceIsNext() throws {
        let scheduler = try Scheduler.make(threads: 3) { _ in TestModel.addingOne() }
        let names = Locked<[String]>([])
        let models = try ["CPU", "CPU:1"].map { device in
            try Self.model(Self.naming(names), on: device, of: scheduler)
        }
        Self.wait(for: 6, in: scheduler.pool)
        for number in 0..<20 {
            _ = try scheduler.start(.once(models[number % 2], .row(1))).outcome
            Self.wait(for: 6, in: scheduler.pool)
        }
        #expect(Set(names.withLock { $0 }).count == 1)
    }

    @Test func anotherDevicesNewWorkersAreCalledLast() throws {
        let scheduler = try Scheduler.make(threads: 2) { _ in TestModel.addingOne() }
        let names = Locked<[String]>([])
        for (number, device) in ["CPU", "CPU:1", "CPU:2"].enumerated() {
            let model = try Self.model(Self.naming(names), on: device, of: scheduler)
            Self.wait(for: 2 * (number + 1), in: scheduler.pool)
            _ = try scheduler.start(.once(model, .row(1))).outcome
            Self.wait(for: 2 * (number + 1), in: scheduler.pool)
        }
        #expect(Set(names.withLock { $0 }).count == 1)
    }

    /// A queue with workers of its own, for whose first allocations there is memory or not.
    static func queue(threads: Int, hasRoom: Locked<Bool>) -> RunQueue {
        let settings = RunSettings()
        settings.threadsPerQueue = threads
        let memory = ThreadMemory { _ in hasRoom.withLock { $0 } }
        let pool = WorkerPool(watch: RunWatch { 1000 }, memory: memory)
        #expect(pool.grow(to: threads))
        wait(for: threads, in: pool)
        return RunQueue(name: "CPU", settings: settings, pool: pool, log: { _ in })
    }

    @Test func withoutMemoryForItsFirstAllocationAWorkerDoesNotBegin() throws {
        let hasRoom = Locked(false)
        let queue = Self.queue(threads: 2, hasRoom: hasRoom)
        let scheduler = try Scheduler.make { _ in TestModel.addingOne() }
        let model = Model(.on(), build: .ready(TestModel.addingOne()), queue: queue)
        let refused = try scheduler.start(.once(model, .row(1))).outcome
        #expect(refused.words == ["failed: outOfMemory"])
        #expect(queue.waitingCount == 0)
        hasRoom.withLock { $0 = true }
        #expect(try scheduler.start(.once(model, .row(1))).outcome.words == ["ran"])
        // That worker has its memory, and does all while there is none for the other.
        hasRoom.withLock { $0 = false }
        Self.wait(for: 2, in: queue.pool)
        for _ in 0..<10 { #expect(try scheduler.start(.once(model, .row(1))).outcome.words == ["ran"]) }
    }

    @Test func whatWaitsBehindAWorkerIsNotRefusedWhenThereIsNoMemoryForAnother() throws {
        let hasRoom = Locked(true)
        let queue = Self.queue(threads: 2, hasRoom: hasRoom)
        let scheduler = try Scheduler.make { _ in TestModel.addingOne() }
        let halt = Halt()
        let slow = Model(.on(), build: .ready(Self.stopping(at: [halt])), queue: queue)
        let first = scheduler.start(.once(slow, .row(1)))
        halt.waitUntilReached()
        hasRoom.withLock { $0 = false }
        let quick = Model(.on(), build: .ready(TestModel.addingOne()), queue: queue)
        let others = (0..<3).map { _ in scheduler.start(.once(quick, .row(1))) }
        #expect(queue.waitingCount == 3)
        halt.release()
        for recorder in [first] + others { #expect(try recorder.outcome.words == ["ran"]) }
    }

    @Test func whoWaitsForABatchWithALimitIsRefusedAsWell() throws {
        let hasRoom = Locked(false)
        let queue = Self.queue(threads: 1, hasRoom: hasRoom)
        let scheduler = try Scheduler.make { _ in TestModel.addingOne() }
        func model(timeout: Int) -> Model {
            let batching = BatchSettings(
                maximumSize: 4, minimumSize: 4, minimumTimeoutMilliseconds: timeout)
            return Model(.on(batching: batching), build: .ready(TestModel.addingOne()), queue: queue)
        }
        let limited = scheduler.start(.once(model(timeout: 100_000), .row(1)))
        #expect(try limited.outcome.words == ["failed: outOfMemory"])
        // Without a limit nobody has to come.
        let patient = model(timeout: 0)
        let first = scheduler.start(.once(patient, .row(1)))
        #expect(queue.waitingCount == 1)
        hasRoom.withLock { $0 = true }
        let others = (0..<3).map { _ in scheduler.start(.once(patient, .row(1))) }
        for recorder in [first] + others { #expect(try recorder.outcome.words == ["ran"]) }
    }

    @Test func oneThatHasNotWorkedIsNotHired() {
        let pool = Self.pool()
        #expect(pool.grow(to: 2))
        Self.wait(for: 2, in: pool)
        #expect(!pool.hire(as: WorkerThread(name: "hired") {}))
    }

    @Test func oneThatHasWorkedIsHiredAndReplaced() throws {
        let scheduler = try Scheduler.make(threads: 2) { _ in TestModel.addingOne() }
        let names = Locked<[String]>([])
        let model = try Self.model(Self.naming(names), on: "CPU", of: scheduler)
        _ = try scheduler.start(.once(model, .row(1))).outcome
        Self.wait(for: 2, in: scheduler.pool)
        let (halt, ended) = (Halt(), Gate())
        let facts = Locked<ThreadFacts?>(nil)
        let thread = WorkerThread(name: "hired", niceness: 19) {
            facts.withLock { $0 = ThreadFacts.current }
            halt.stop()
            ended.open()
        }
        #expect(scheduler.pool.hire(as: thread))
        halt.waitUntilReached()
        #expect(facts.withLock { $0?.name } == "hired")
        #expect(facts.withLock { $0?.niceness } == 19)
        // Another has come in its place, and nobody else has worked.
        Self.wait(for: 2, in: scheduler.pool)
        #expect(!scheduler.pool.hire(as: WorkerThread(name: "hired") {}))
        halt.release()
        ended.wait()
        let halts = [Halt(), Halt()]
        let both = try Self.model(Self.stopping(at: halts), on: "CPU", of: scheduler)
        let recorders = halts.map { _ in scheduler.start(.once(both, .row(1))) }
        for halt in halts { halt.waitUntilReached() }
        for halt in halts { halt.release() }
        for recorder in recorders { #expect(try recorder.outcome.words == ["ran"]) }
        #expect(scheduler.pool.workerCount == 2)
    }

    @Test func aThreadOfLowPriorityHiresNobody() throws {
        // Whoever took the place would have that priority as well.
        let scheduler = try Scheduler.make(threads: 2) { _ in TestModel.addingOne() }
        let model = try Self.model(.addingOne(), on: "CPU", of: scheduler)
        _ = try scheduler.start(.once(model, .row(1))).outcome
        Self.wait(for: 2, in: scheduler.pool)
        let hired = Locked<Bool?>(nil)
        let ended = Gate()
        let low = WorkerThread(name: "low", niceness: 19) {
            let isHired = scheduler.pool.hire(as: WorkerThread(name: "hired") {})
            hired.withLock { $0 = isHired }
            ended.open()
        }
        #expect(low.start())
        ended.wait()
        #expect(hired.withLock { $0 } == false)
        #expect(scheduler.pool.hire(as: WorkerThread(name: "hired") {}))
        Self.wait(for: 2, in: scheduler.pool)
        #expect(scheduler.pool.workerCount == 2)
    }

    @Test func thereAreEnoughWorkersHoweverManyAreHiredMeanwhile() throws {
        let scheduler = try Scheduler.make(threads: 2) { _ in TestModel.addingOne() }
        let model = try Self.model(.addingOne(), on: "CPU", of: scheduler)
        let pool = scheduler.pool
        let ended = Gate()
        let hirer = WorkerThread(name: "hirer") {
            for _ in 0..<200 {
                _ = scheduler.start(.once(model, .row(1)))
                _ = pool.hire(as: WorkerThread(name: "hired") {})
            }
            ended.open()
        }
        #expect(hirer.start())
        for count in 3...40 { #expect(pool.grow(to: count)) }
        ended.wait()
        #expect(pool.workerCount >= 40)
        // All of them are there.
        Self.wait(for: pool.workerCount, in: pool)
    }

    @Test func aModelIsBuiltByAWorkerThatHasWorked() throws {
        let (builders, runners) = (Locked<[String]>([]), Locked<[String]>([]))
        let scheduler = try Scheduler.make(threads: 2) { _ in
            builders.withLock { $0.append(ThreadFacts.number) }
            return TestModel { inputs throws(ExecutionError) in
                runners.withLock { $0.append(ThreadFacts.number) }
                return inputs
            }
        }
        for _ in 0..<5 {
            let model = try scheduler.loading(.on("CPU"))
            #expect(try scheduler.start(.once(model, .row(1))).outcome.words == ["ran"])
            Self.wait(for: 2, in: scheduler.pool)
        }
        let (built, ran) = (builders.withLock { $0 }, runners.withLock { $0 })
        for index in 1..<5 {
            // The one that came back last, unless one that has built a model before goes on, or one that was
            // hired for an earlier model comes after that was built.
            #expect((built[..<index] + ran[..<index]).contains(built[index]))
        }
        #expect(scheduler.pool.workerCount == 2)
    }

    @Test func timeCountsWhereItWasUsed() throws {
        let scheduler = try Scheduler.make(threads: 2) { _ in TestModel.addingOne() }
        let busy = TestModel { inputs throws(ExecutionError) in
            let clock = ThreadClock()
            let start = clock?.nanoseconds ?? 0
            while let clock, clock.nanoseconds < start + 20_000_000 {}
            return inputs
        }
        let models = [
            try Self.model(.addingOne(), on: "CPU", of: scheduler),
            try Self.model(busy, on: "CPU:1", of: scheduler),
        ]
        for _ in 0..<5 { for model in models { _ = try scheduler.start(.once(model, .row(1))).outcome } }
        let used = scheduler.allQueues.map { $0.workerMicroseconds.reduce(0, +) }
        #expect(used[1] >= 100_000)
        // What one thread used for both devices is not counted for both.
        #expect(used[0] < used[1])
    }

    @Test func timeOfAThreadThatComesAndGoesAddsUp() {
        var time = ProcessorTime()
        let clock = ThreadClock()
        time.begin(clock, at: (clock?.nanoseconds ?? 0) - 1000)
        #expect(time.nanoseconds >= 1000)
        let left = time.end()
        let sum = time.nanoseconds
        #expect(sum >= 1000)
        time.begin(clock, at: left)
        _ = time.end()
        #expect(time.nanoseconds >= sum)
    }

    @Test func requestsFromAllSidesAreAllAnswered() throws {
        let scheduler = try Scheduler.make(threads: 2) { _ in TestModel.addingOne() }
        let models = try ["CPU", "CPU:1", "CPU:2"].map { device in
            try Self.model(.addingOne(), on: device, of: scheduler)
        }
        let callers = WorkQueue(name: "callers", threadCount: 4)
        let done = (0..<4).map { _ in Gate() }
        let answered = Locked(0)
        for gate in done {
            let isTaken = callers.enqueue {
                for number in 0..<600 {
                    let recorder = scheduler.start(.once(models[number % 3], .row(1)))
                    // Bursts as well as single requests.
                    guard number % 7 == 0, let outcome = try? recorder.outcome else { continue }
                    answered.withLock { $0 += outcome.words == ["ran"] ? 1 : 0 }
                }
                gate.open()
            }
            #expect(isTaken)
        }
        for gate in done { gate.wait() }
        #expect(answered.withLock { $0 } == 4 * 86)
        for device in ["CPU", "CPU:1", "CPU:2"] { try scheduler.drain(device) }
        #expect(scheduler.allQueues.map(\.waitingCount) == [0, 0, 0])
    }
}
