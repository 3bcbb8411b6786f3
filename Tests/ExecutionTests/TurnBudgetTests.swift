import Testing

@testable import Execution

/// How much longer runs may make a turn of the event loop.
@Suite struct TurnBudgetTests {
    /// Of runs of so many nanoseconds in one turn, those that get their time out of 100.
    private static func taken(_ runs: [Int], saving saved: Int = 0) -> [Int] {
        let budget = TurnBudget()
        return runs.filter { budget.take($0, saving: saved) }
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
        let taken = [1, 1, 2].map { budget.take(100, inTurn: $0) }
        #expect(taken == [true, false, true])
    }

    /// Also after a refusal: else nobody would know that there is time again.
    @Test func theEndOfATurnIsNoticedOnceAQuarterIsUsed() {
        let budget = TurnBudget()
        var noticed: [Int] = []
        for (number, run) in [20, 5, 1, 90].enumerated() {
            _ = budget.take(run) { noticed.append(number) }
        }
        #expect(noticed == [2, 3])
    }

    /// One slow run makes the next ones be expected slow, and they are not.
    @Test func whatRunsTakeCountsNotWhatWasExpected() {
        let budget = TurnBudget()
        for _ in 0..<40 {
            #expect(budget.allows(90, of: 100, inTurn: 1) {})
            budget.add(3, saving: 3, of: 100, inTurn: 1) {}
        }
        #expect(budget.allows(90, of: 100, inTurn: 1) {})
        budget.add(200, of: 100, inTurn: 1) {}
        #expect(!budget.allows(1, of: 100, inTurn: 1) {})
        #expect(budget.allows(1, of: 100, inTurn: 2) {})
    }
}

extension TurnBudget {
    /// Whether a run of a turn of 100 nanoseconds may take that long, which it then does.
    fileprivate func take(
        _ nanoseconds: Int, saving saved: Int = 0, inTurn number: Int = 1, noticeEnd: () -> Void = {}
    ) -> Bool {
        guard allows(nanoseconds, saving: saved, of: 100, inTurn: number, noticeEnd: noticeEnd) else {
            return false
        }
        add(nanoseconds, saving: saved, of: 100, inTurn: number, noticeEnd: noticeEnd)
        return true
    }
}
