import Testing

@testable import Execution

@Suite struct RunEstimateTests {
    /// Statistics after runs of one row, in nanoseconds each.
    static func statistics(after runs: [Int], rows: Int = 1) -> RunStatistics {
        let statistics = RunStatistics()
        for nanoseconds in runs { statistics.record(nanoseconds: nanoseconds, rows: rows, samples: rows) }
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
        for _ in 0..<10 { statistics.recordFailure() }
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
            statistics.record(
                nanoseconds: last, rows: Int.random(in: 0...50, using: &generator), samples: 0)
            return (statistics.expectedNanoseconds(rows: 1) ?? 0) < last
        }
        #expect(tooLow.isEmpty, "seed \(generator.seed)")
    }
}

@Suite struct RunCounterTests {
    static func counted() -> RunStatistics {
        let statistics = RunStatistics()
        statistics.record(nanoseconds: 1_500_000, rows: 1, samples: 4)
        statistics.record(nanoseconds: 600_999, rows: 2, samples: 3)
        statistics.recordFailure()
        return statistics
    }

    @Test func callsAreRunsAndFailures() {
        #expect(Self.counted().calls == 3)
    }

    @Test func errorsAreTheFailures() {
        #expect(Self.counted().errors == 1)
    }

    @Test func samplesAreTheRowsOfTheOutputs() {
        #expect(Self.counted().samples == 7)
    }

    @Test func timeIsThatOfTheRunsInMicroseconds() {
        #expect(Self.counted().microseconds == 2100)
    }

    @Test func nothingIsCountedAtFirst() {
        let statistics = RunStatistics()
        #expect(
            [statistics.calls, statistics.errors, statistics.samples, statistics.microseconds] == [
                0, 0, 0, 0,
            ])
    }

    @Test func nothingIsCountedAfterAReset() {
        let statistics = Self.counted()
        statistics.reset()
        #expect(
            [statistics.calls, statistics.errors, statistics.samples, statistics.microseconds] == [
                0, 0, 0, 0,
            ])
    }

    @Test func whatIsExpectedOfTheNextRunOutlivesAReset() {
        let statistics = RunEstimateTests.statistics(after: [100, 100, 100])
        statistics.reset()
        #expect(statistics.expectedNanoseconds(rows: 1) == 100)
    }
}
