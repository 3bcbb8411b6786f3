import Testing

@testable import Execution

/// How much longer runs may make a turn of the event loop.
@Suite struct TurnBudgetTests {
    /// Of runs of so many nanoseconds in one turn, how many get their time out of 100.
    private static func taken(_ runs: [Int], saving saved: Int = 0) -> [Int] {
        let budget = TurnBudget()
        return runs.filter { budget.take($0, saving: saved, of: 100, inTurn: 1) {} }
    }

    @Test func aRunMayTakeAllOfIt() {
        #expect(Self.taken([100]) == [100])
    }

    @Test func noRunMayTakeMoreEvenIfItSavesThat() {
        #expect(Self.taken([101], saving: 50) == [])
    }

    @Test func runsOfATurnShareIt() {
        #expect(Self.taken([40, 40, 40, 20, 1]) == [40, 40, 20])
    }

    @Test func whatARunSavesIsNotCounted() {
        #expect(Self.taken(Array(repeating: 25, count: 10), saving: 5).count == 5)
    }

    @Test func runsThatTakeNoMoreThanTheySaveAreNeverRefused() {
        #expect(Self.taken([100] + Array(repeating: 5, count: 1000), saving: 5).count == 1001)
    }

    @Test func theNextTurnHasAllOfIt() {
        let budget = TurnBudget()
        let taken = [1, 1, 2].map { budget.take(100, of: 100, inTurn: $0) {} }
        #expect(taken == [true, false, true])
    }

    /// Also after a refusal: else nobody would know that there is time again.
    @Test func theEndOfATurnIsNoticedOnceAQuarterIsUsed() {
        let budget = TurnBudget()
        var noticed: [Int] = []
        for (number, run) in [20, 5, 1, 90].enumerated() {
            _ = budget.take(run, of: 100, inTurn: 1) { noticed.append(number) }
        }
        #expect(noticed == [2, 3])
    }
}
