import Testing

@testable import Execution

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
