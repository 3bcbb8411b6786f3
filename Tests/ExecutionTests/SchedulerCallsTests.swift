import Tensors
import Testing

@testable import Execution

/// Plans of those who come from any thread.
@Suite struct SchedulerCallsTests {
    @Test func plansAreWaitedFor() throws {
        let (scheduler, model) = try Scheduler.make(running: .addingOne())
        let outcomes = scheduler.runQueued([.once(model, .row(4)), .once(model, .row(7))])
        #expect(outcomes.map(\.firstError) == [nil, nil])
        #expect(outcomes.map { $0.tensor(1) != nil } == [true, true])
    }

    @Test func aDeadlineComesOnce() throws {
        let (scheduler, _) = try Scheduler.make(running: .addingOne())
        let count = Locked(0)
        let gate = Gate()
        let deadline = scheduler.deadline(afterMilliseconds: 1) {
            count.withLock { $0 += 1 }
            gate.open()
        }
        #expect(deadline != nil)
        gate.wait()
        #expect(count.withLock { $0 } == 1)
    }

    @Test func whatIsForgottenDoesNotCome() throws {
        let (scheduler, _) = try Scheduler.make(running: .addingOne())
        let gate = Gate()
        let count = Locked(0)
        let forgotten = scheduler.deadline(afterMilliseconds: 1_000_000) {
            count.withLock { $0 += 1 }
        }
        forgotten?.forget()
        // It would come first, were it as early.
        let other = scheduler.deadline(afterMilliseconds: 1) { gate.open() }
        #expect(other != nil)
        gate.wait()
        #expect(count.withLock { $0 } == 0)
    }

    @Test func deadlinesComeInTheOrderOfTheirTimes() throws {
        let (scheduler, _) = try Scheduler.make(running: .addingOne())
        let order = Locked<[Int]>([])
        let gate = Gate()
        let numbers = [4, 1, 3, 2]
        let all = numbers.map { number in
            scheduler.deadline(afterMilliseconds: 50 * number) { order.withLock { $0.append(number) } }
        }
        all[2]?.forget()
        let last = scheduler.deadline(afterMilliseconds: 250) { gate.open() }
        #expect(last != nil)
        gate.wait()
        #expect(order.withLock { $0 } == [1, 2, 4])
        // One that is done stands for nothing, even if another has its place.
        let again = Gate()
        #expect(scheduler.deadline(afterMilliseconds: 1) { again.open() } != nil)
        for deadline in all { deadline?.forget() }
        again.wait()
    }
}
