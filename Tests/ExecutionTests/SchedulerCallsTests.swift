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
}
