import Testing

@testable import Execution

/// Threads that are there before they are needed.
@Suite struct StandbyThreadTests {
    @Test func itDoesNothingBeforeItIsCalled() throws {
        let hasRun = Locked(false)
        let thread = try #require(StandbyThread(name: "standby") { hasRun.withLock { $0 = true } })
        #expect(!hasRun.withLock { $0 })
        #expect(StandbyThread.call([thread]))
        thread.waitUntilEnded()
        #expect(hasRun.withLock { $0 })
    }

    @Test func itRunsOnceHoweverOftenItIsCalled() throws {
        let count = Locked(0)
        let thread = try #require(StandbyThread(name: "standby") { count.withLock { $0 += 1 } })
        for _ in 0..<3 { #expect(StandbyThread.call([thread])) }
        thread.waitUntilEnded()
        #expect(StandbyThread.call([thread]))
        thread.waitUntilEnded()
        #expect(count.withLock { $0 } == 1)
    }

    @Test func itHasItsName() throws {
        let name = Locked("")
        let thread = try #require(
            StandbyThread(name: "ai:onnx/7") { name.withLock { $0 = ThreadFacts.current.name } })
        #expect(StandbyThread.call([thread]))
        thread.waitUntilEnded()
        #expect(name.withLock { $0 } == "ai:onnx/7")
    }

    @Test func manyWaitForTheirOwnCall() throws {
        let order = Locked<[Int]>([])
        let threads = try (0..<8).map { number in
            try #require(StandbyThread(name: "standby") { order.withLock { $0.append(number) } })
        }
        for number in [3, 0, 7, 5, 1, 6, 2, 4] {
            #expect(StandbyThread.call([threads[number]]))
            threads[number].waitUntilEnded()
        }
        #expect(order.withLock { $0 } == [3, 0, 7, 5, 1, 6, 2, 4])
    }

    @Test func itEndsWithoutHavingBegunIfItIsDismissed() throws {
        let hasRun = Locked(false)
        let thread = try #require(StandbyThread(name: "standby") { hasRun.withLock { $0 = true } })
        thread.dismiss()
        #expect(StandbyThread.call([thread]))
        thread.waitUntilEnded()
        #expect(!hasRun.withLock { $0 })
    }

    @Test func itGoesOnIfItIsDismissedTooLate() throws {
        let halt = Halt()
        let hasEnded = Locked(false)
        let thread = try #require(
            StandbyThread(name: "standby") {
                halt.stop()
                hasEnded.withLock { $0 = true }
            })
        #expect(StandbyThread.call([thread]))
        halt.waitUntilReached()
        thread.dismiss()
        halt.release()
        thread.waitUntilEnded()
        #expect(hasEnded.withLock { $0 })
    }
}
