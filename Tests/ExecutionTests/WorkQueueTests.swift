import Glibc
import Testing

@testable import Execution

@Suite struct WorkQueueTests {
    static func queue(name: String = "test", threads: Int = 1, niceness: Int32 = 0) -> WorkQueue {
        WorkQueue(name: name, threadCount: threads, niceness: niceness)
    }

    /// Waits for what the body says on the queue's thread.
    static func result<Value: Sendable>(
        on queue: WorkQueue, _ body: @escaping @Sendable () -> Value
    ) throws -> Value {
        let value = Locked<Value?>(nil)
        let isDone = Gate()
        #expect(
            queue.enqueue {
                let result = body()
                value.withLock { $0 = result }
                isDone.open()
            })
        isDone.wait()
        return try #require(value.withLock { $0 })
    }

    @Test func takesElementsInTheOrderTheyCame() throws {
        let queue = Self.queue()
        let order = Locked<[Int]>([])
        let halt = Halt()
        #expect(queue.enqueue { halt.stop() })
        for element in 0..<99 { #expect(queue.enqueue { order.withLock { $0.append(element) } }) }
        halt.release()
        #expect(try Self.result(on: queue) { order.withLock { $0 } } == Array(0..<99))
    }

    /// Each of two elements goes on only when the other has begun.
    @Test func threadsWorkAtTheSameTime() throws {
        let queue = Self.queue(threads: 2)
        let (first, second) = (Halt(), Halt())
        #expect(queue.enqueue { first.stop() })
        #expect(queue.enqueue { second.stop() })
        first.waitUntilReached()
        second.waitUntilReached()
        first.release()
        second.release()
    }

    @Test func threadsAreNamedByNumber() throws {
        let queue = Self.queue(name: "ai:CPU", threads: 2)
        let names = Locked<[String]>([])
        let halts = [Halt(), Halt()]
        for halt in halts {
            #expect(
                queue.enqueue {
                    names.withLock { $0.append(ThreadFacts.current.name) }
                    halt.stop()
                })
        }
        for halt in halts { halt.waitUntilReached() }
        #expect(names.withLock { $0.sorted() } == ["ai:CPU/0", "ai:CPU/1"])
        for halt in halts { halt.release() }
    }

    @Test func aLongNameIsCut() throws {
        let queue = Self.queue(name: "ai:GPU:99999 and more")
        #expect(try Self.result(on: queue) { ThreadFacts.current.name } == "ai:GPU:99999 an")
    }

    @Test func threadsHaveTheProcesssPriority() throws {
        let queue = Self.queue()
        #expect(try Self.result(on: queue) { ThreadFacts.current.niceness } == ThreadFacts.current.niceness)
    }

    @Test func threadsHaveTheLowPriorityAskedFor() throws {
        let queue = Self.queue(niceness: 19)
        #expect(try Self.result(on: queue) { ThreadFacts.current.niceness } == 19)
    }

    @Test func aLowPriorityIsTheThreadsAlone() throws {
        let before = ThreadFacts.current.niceness
        _ = try Self.result(on: Self.queue(niceness: 19)) {}
        #expect(ThreadFacts.current.niceness == before)
    }

    @Test(arguments: [SIGTERM, SIGINT, SIGUSR1, SIGALRM, SIGPIPE, SIGCHLD])
    func signalsAreLeftToOtherThreads(_ signal: Int32) throws {
        let queue = Self.queue()
        #expect(try Self.result(on: queue) { ThreadFacts.current.blocks(signal) })
    }

    @Test func theCallersSignalsStayAsTheyWere() throws {
        let before = ThreadFacts.current.blocks(SIGTERM)
        _ = Self.queue()
        #expect(ThreadFacts.current.blocks(SIGTERM) == before)
    }

    @Test func letsGoOfWorkThatIsDone() throws {
        final class Element: Sendable {
            let gone: Gate
            init(_ gone: Gate) { self.gone = gone }
            deinit { gone.open() }
        }
        let gone = Gate()
        let queue = Self.queue()
        func enqueue() -> Bool {
            let element = Element(gone)
            return queue.enqueue { withExtendedLifetime(element) {} }
        }
        #expect(enqueue())
        gone.wait()
    }

    @Test func noThreadExistsBeforeThereIsWork() throws {
        let queue = Self.queue(name: "never-started", threads: 3)
        withExtendedLifetime(queue) { #expect(!ThreadFacts.names.contains("never-started/0")) }
    }

    @Test func aThreadWithoutWorkEndsAndAnotherTakesWhatComesLater() throws {
        let queue = Self.queue(name: "ends")
        #expect(try Self.result(on: queue) { ThreadFacts.current.name } == "ends/0")
        waitUntil { !ThreadFacts.names.contains("ends/0") }
        #expect(try Self.result(on: queue) { ThreadFacts.current.name } == "ends/0")
    }
}

@Suite struct MonitorTests {
    @Test func aWaitEndsAtItsTime() {
        let start = Monotonic.nanoseconds
        let end = Monitor(0).wait { _ -> Monitor<Int>.Waiting<Int> in
            let now = Monotonic.nanoseconds
            return now < start + 30_000_000 ? .until(nanoseconds: start + 30_000_000) : .done(now)
        }
        #expect(end >= start + 30_000_000)
    }

    @Test func aSignalEndsAWaitWithoutATime() throws {
        let monitor = Monitor(false)
        let queue = WorkQueueTests.queue()
        #expect(
            queue.enqueue {
                monitor.withLock { $0 = true }
                monitor.signal()
            })
        monitor.wait { isSet in isSet ? .done(()) : .until(nanoseconds: nil) }
    }

    @Test func aBroadcastEndsAllWaits() throws {
        let monitor = Monitor(false)
        let queue = WorkQueueTests.queue(threads: 3)
        let gates = (0..<3).map { _ in Gate() }
        for gate in gates {
            #expect(
                queue.enqueue {
                    monitor.wait { isSet in isSet ? .done(()) : .until(nanoseconds: nil) }
                    gate.open()
                })
        }
        monitor.withLock { $0 = true }
        monitor.broadcast()
        for gate in gates { gate.wait() }
    }
}

@Suite struct PublishedOnceTests {
    final class Object: Sendable {
        let isGone: Locked<Bool>
        init(_ isGone: Locked<Bool>) { self.isGone = isGone }
        deinit { isGone.withLock { $0 = true } }
    }

    @Test func hasNothingAtFirst() {
        #expect(PublishedOnce<Object>().value == nil)
    }

    @Test func givesWhatWasPublished() {
        let published = PublishedOnce<Object>()
        let object = Object(Locked(false))
        published.publish(object)
        #expect(published.value === object)
    }

    @Test func keepsWhatWasPublished() {
        let isGone = Locked(false)
        let published = PublishedOnce<Object>()
        published.publish(Object(isGone))
        withExtendedLifetime(published) { #expect(isGone.withLock { !$0 }) }
    }

    @Test func letsGoOfItAtItsEnd() {
        let isGone = Locked(false)
        do {
            let published = PublishedOnce<Object>()
            published.publish(Object(isGone))
            _ = published.value
        }
        #expect(isGone.withLock { $0 })
    }
}

/// What the system knows of the calling thread.
struct ThreadFacts: Sendable {
    let name: String
    let niceness: Int32

    /// The system's, of which no two threads that live have the same; empty if it does not tell.
    static var number: String {
        var link = [CChar](repeating: 0, count: 64)
        let length = max(0, readlink("/proc/thread-self", &link, link.count))
        let text = String(decoding: link[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return text.split(separator: "/").last.map(String.init) ?? ""
    }

    static var current: ThreadFacts {
        let file = open("/proc/thread-self/comm", O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        var text = [UInt8](repeating: 0, count: 64)
        let length = max(0, read(file, &text, text.count))
        let name = String(decoding: text[..<length].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        return ThreadFacts(name: name, niceness: getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0))
    }

    /// Of all threads of the process.
    static var names: [String] {
        guard let folder = opendir("/proc/self/task") else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let task = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            let file = open("/proc/self/task/\(task)/comm", O_RDONLY | O_CLOEXEC)
            guard file >= 0 else { continue }
            defer { close(file) }
            var text = [UInt8](repeating: 0, count: 64)
            let length = max(0, read(file, &text, text.count))
            names.append(String(decoding: text[..<length].prefix { $0 != 10 }, as: UTF8.self))
        }
        return names
    }

    /// Whether the calling thread leaves this signal to others.
    func blocks(_ signal: Int32) -> Bool {
        var blocked = sigset_t()
        pthread_sigmask(SIG_BLOCK, nil, &blocked)
        return sigismember(&blocked, signal) == 1
    }
}

@Suite struct LockedTests {
    struct Refusal: Error {}

    @Test func onlyOneThreadReachesTheValue() throws {
        let counter = Locked(0)
        let queue = WorkQueueTests.queue(threads: 4)
        let gates = (0..<4).map { _ in Gate() }
        for gate in gates {
            #expect(
                queue.enqueue {
                    for _ in 0..<20_000 { counter.withLock { $0 += 1 } }
                    gate.open()
                })
        }
        for gate in gates { gate.wait() }
        #expect(counter.withLock { $0 } == 80_000)
    }

    @Test func givesWhatTheBodyReturns() {
        #expect(Locked(20).withLock { $0 + 1 } == 21)
    }

    @Test func keepsWhatTheBodyWrites() {
        let value = Locked("a")
        value.withLock { $0 += "b" }
        #expect(value.withLock { $0 } == "ab")
    }

    @Test func isFreeAgainAfterAnError() {
        let value = Locked(0)
        #expect(throws: Refusal.self) { try value.withLock { _ throws(Refusal) in throw Refusal() } }
        #expect(value.withLock { $0 } == 0)
    }
}
