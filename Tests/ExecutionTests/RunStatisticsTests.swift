import Testing

@testable import Execution

@Suite struct RunEstimateTests {
    /// Statistics after runs of one row, in nanoseconds each.
    static func statistics(after runs: [Int], rows: Int = 1) -> RunStatistics {
        let statistics = RunStatistics()
        for nanoseconds in runs {
            statistics.recordInline(nanoseconds: nanoseconds, rows: rows, samples: rows)
        }
        return statistics
    }

    @Test(arguments: [[], [100], [100, 100]])
    func isUnknownDuringTheFirstRuns(_ runs: [Int]) {
        #expect(Self.statistics(after: runs).expectedNanoseconds(rows: 1) == nil)
    }

    @Test func isKnownAfterTheThirdRun() {
        #expect(Self.statistics(after: [100, 100, 100]).expectedNanoseconds(rows: 1) == 100)
    }

    @Test func failuresAreNoRuns() {
        let statistics = Self.statistics(after: [100, 100])
        for _ in 0..<10 { statistics.recordFailure(isInline: true) }
        #expect(statistics.expectedNanoseconds(rows: 1) == nil)
    }

    @Test func aSlowRunRaisesItAtOnce() {
        #expect(Self.statistics(after: [100, 100, 100, 9000]).expectedNanoseconds(rows: 1) == 9000)
    }

    @Test func aFastRunLowersItByAnEighthOfTheDifference() {
        #expect(Self.statistics(after: [900, 900, 900, 100]).expectedNanoseconds(rows: 1) == 800)
    }

    @Test func manyFastRunsLowerItToTheirOwnCost() {
        let runs = [1_000_000_000] + Array(repeating: 100, count: 200)
        #expect(Self.statistics(after: runs).expectedNanoseconds(rows: 1) == 100)
    }

    @Test func growsWithTheRows() {
        #expect(Self.statistics(after: [100, 100, 100]).expectedNanoseconds(rows: 7) == 700)
    }

    @Test func isThatOfTheWholeRunThoughItsRowsWereMany() {
        #expect(Self.statistics(after: [1000, 1000, 1000], rows: 10).expectedNanoseconds(rows: 1) == 1000)
    }

    @Test func isBeyondAnyBudgetIfItOverflows() {
        #expect(Self.statistics(after: [100, 100, 100]).expectedNanoseconds(rows: .max) == .max)
    }

    @Test(arguments: [0, 1])
    func aRunOfNoRowsCountsAsOneRow(_ rows: Int) {
        #expect(Self.statistics(after: [100, 100, 100], rows: rows).expectedNanoseconds(rows: 0) == 100)
    }

    @Test func isNeverBelowTheLastRun() {
        var generator = SeededGenerator.announced(for: "isNeverBelowTheLastRun")
        let statistics = Self.statistics(after: [1, 1, 1])
        let tooLow = (0..<5000).filter { _ in
            let last = Int.random(in: 0...100_000, using: &generator)
            statistics.recordInline(
                nanoseconds: last, rows: Int.random(in: 0...50, using: &generator), samples: 0)
            return (statistics.expectedNanoseconds(rows: 1) ?? 0) < last
        }
        #expect(tooLow.isEmpty, "seed \(generator.seed)")
    }
}

@Suite struct RunCounterTests {
    /// Two inline runs, one batch of three requests with 7 rows, and a failure of either kind.
    static func counted() -> RunStatistics {
        let statistics = RunStatistics()
        statistics.recordInline(nanoseconds: 1_500_000, rows: 1, samples: 4)
        statistics.recordInline(nanoseconds: 600_999, rows: 2, samples: 3)
        statistics.recordRun(nanoseconds: 700_000, rows: 7)
        for (waited, samples) in [(100_000, 1), (50_000, 2), (0, 4)] {
            statistics.recordRequest(waited: waited, total: waited + 700_000, samples: samples)
        }
        statistics.recordFailure(isInline: true)
        statistics.recordFailure(isInline: false)
        return statistics
    }

    static func numbers(_ statistics: RunStatistics) -> [Int] {
        [statistics.calls, statistics.errors, statistics.samples, statistics.microseconds]
    }

    @Test func callsAreRequestsAndFailures() {
        #expect(Self.counted().calls == 7)
    }

    @Test func errorsAreTheFailures() {
        #expect(Self.counted().errors == 2)
    }

    @Test func samplesAreTheRowsOfTheOutputs() {
        #expect(Self.counted().samples == 14)
    }

    @Test func timeIsThatOfTheRunsInMicrosecondsHoweverManyRequestsShareOne() {
        #expect(Self.counted().microseconds == 2800)
    }

    @Test func nothingIsCountedAtFirst() {
        #expect(Self.numbers(RunStatistics()) == [0, 0, 0, 0])
    }

    @Test func nothingIsCountedAfterAReset() {
        let statistics = Self.counted()
        statistics.reset()
        #expect(Self.numbers(statistics) == [0, 0, 0, 0])
    }

    @Test func whatIsExpectedOfTheNextRunOutlivesAReset() {
        let statistics = RunEstimateTests.statistics(after: [100, 100, 100])
        statistics.reset()
        #expect(statistics.expectedNanoseconds(rows: 1) == 100)
    }
}

@Suite struct RunSummaryTests {
    static let summary = RunCounterTests.counted().summary

    @Test func agreesWithTheCounters() {
        let statistics = RunCounterTests.counted()
        let numbers = [
            Self.summary.calls, Self.summary.errors, Self.summary.samples, Self.summary.runTime.sum / 1000,
        ]
        #expect(numbers == RunCounterTests.numbers(statistics))
    }

    @Test func inlineAndQueuedCallsCountWithTheirFailures() {
        #expect([Self.summary.inlineCalls, Self.summary.queuedCalls] == [3, 4])
    }

    @Test func onlyQueuedRequestsWait() {
        #expect([Self.summary.waitTime.count, Self.summary.waitTime.sum] == [3, 150_000])
    }

    @Test func aRunCountsOnceForAllItsRequests() {
        #expect([Self.summary.runTime.count, Self.summary.runTime.sum] == [3, 2_800_999])
    }

    @Test func theTotalOfAnInlineRequestIsItsRun() {
        let sum = 1_500_000 + 600_999 + 3 * 700_000 + 150_000
        #expect([Self.summary.totalTime.count, Self.summary.totalTime.sum] == [5, sum])
    }

    @Test func rowsAreThoseOfWholeRuns() {
        #expect([Self.summary.rows.count, Self.summary.rows.sum, Self.summary.rows.maximum] == [3, 10, 7])
    }

    @Test func isEmptyAfterAReset() {
        let statistics = RunCounterTests.counted()
        statistics.reset()
        let summary = statistics.summary
        let empty = LatencyDistribution()
        for distribution in [summary.waitTime, summary.runTime, summary.totalTime] {
            #expect([distribution.count, distribution.sum, distribution.maximum] == [0, 0, 0])
            #expect(distribution.quantile(0.5) == empty.quantile(0.5))
        }
        #expect([summary.rows.count, summary.rows.sum, summary.rows.maximum] == [0, 0, 0])
    }
}
