import Testing

@testable import Execution

@Suite struct LatencyBucketTests {
    @Test func everyBoundIsTheFirstOfItsBucket() {
        let bounds = (0..<LatencyBuckets.count).map { LatencyBuckets.lowerBound($0) }
        #expect(bounds.map { LatencyBuckets.index(of: $0) } == Array(0..<LatencyBuckets.count))
    }

    @Test func whatComesBeforeABoundIsInTheBucketBefore() {
        let before = (1..<LatencyBuckets.count).map { LatencyBuckets.lowerBound($0) - 1 }
        #expect(before.map { LatencyBuckets.index(of: $0) } == Array(0..<LatencyBuckets.count - 1))
    }

    @Test func theyEndAtTheLimit() {
        #expect(LatencyBuckets.lowerBound(LatencyBuckets.count) == LatencyBuckets.upperLimit)
    }

    @Test func theLimitIsAboveAnHour() {
        #expect(LatencyBuckets.upperLimit > 3_600_000_000_000)
    }

    @Test(arguments: [LatencyBuckets.upperLimit, .max])
    func whatIsLongerIsInTheLast(_ duration: Int) {
        #expect(LatencyBuckets.index(of: duration) == LatencyBuckets.count - 1)
    }
}

@Suite struct LatencyHistogramTests {
    static func distribution(of durations: [Int]) -> LatencyDistribution {
        let histogram = LatencyHistogram()
        for duration in durations { histogram.record(nanoseconds: duration) }
        return histogram.distribution
    }

    /// The least element that `fraction` of all do not exceed.
    static func exactQuantile(_ sorted: [Int], _ fraction: Double) -> Int {
        sorted[max(1, Int((fraction * Double(sorted.count)).rounded(.up))) - 1]
    }

    enum Shape: CaseIterable {
        case even, longTailed, narrow, few
    }

    static func durations(_ shape: Shape, using generator: inout SeededGenerator) -> [Int] {
        switch shape {
        case .even: (0..<20_000).map { _ in Int.random(in: 1000...50_000_000, using: &generator) }
        // A random power of two times a random factor: as many short ones as long ones, up to 18 minutes.
        case .longTailed:
            (0..<20_000).map { _ in
                Int.random(in: 1000...2000, using: &generator) << Int.random(in: 0...29, using: &generator)
            }
        case .narrow: (0..<20_000).map { _ in Int.random(in: 7000...7300, using: &generator) }
        case .few: (0..<3).map { _ in Int.random(in: 1000...1_000_000, using: &generator) }
        }
    }

    @Test(arguments: Shape.allCases)
    func quantilesOfRandomDurationsAreTrueTo7Percent(_ shape: Shape) {
        var generator = SeededGenerator.announced(for: "quantiles of \(shape) durations")
        let durations = Self.durations(shape, using: &generator)
        let (sorted, distribution) = (durations.sorted(), Self.distribution(of: durations))
        let errors = [0, 0.1, 0.5, 0.9, 0.99, 0.999, 1].map { fraction in
            let exact = Double(Self.exactQuantile(sorted, fraction))
            return abs(Double(distribution.quantile(fraction)) - exact) / exact
        }
        #expect(errors.allSatisfy { $0 <= 0.07 }, "seed \(generator.seed): \(errors)")
    }

    @Test func quantilesOfShortDurationsAreTrueTo64Nanoseconds() {
        let errors = (0..<1024).map { abs(Self.distribution(of: [$0, 10_000]).quantile(0.5) - $0) }
        #expect(errors.allSatisfy { $0 <= 64 })
    }

    @Test func countSumAndMaximumAreExact() {
        var generator = SeededGenerator.announced(for: "countSumAndMaximumAreExact")
        let durations = Self.durations(.longTailed, using: &generator)
        let distribution = Self.distribution(of: durations)
        #expect(
            [distribution.count, distribution.sum, distribution.maximum]
                == [durations.count, durations.reduce(0, +), durations.max()], "seed \(generator.seed)")
    }

    @Test func countAndSumAreThoseOfTheDistribution() {
        let histogram = LatencyHistogram()
        for duration in [5000, 7000] { histogram.record(nanoseconds: duration) }
        #expect([histogram.count, histogram.sum] == [2, 12_000])
    }

    @Test func noQuantileIsAboveTheLongest() {
        #expect(Self.distribution(of: [1025]).quantile(1) == 1025)
    }

    @Test func aNegativeDurationCountsAsNone() {
        let distribution = Self.distribution(of: [-5])
        #expect([distribution.count, distribution.sum, distribution.quantile(1)] == [1, 0, 0])
    }

    @Test func theLongestDurationIsKeptBeyondTheLimit() {
        let distribution = Self.distribution(of: [.max])
        #expect([distribution.count, distribution.sum, distribution.maximum] == [1, .max, .max])
    }

    @Test func anEmptyOneHasNothing() {
        let distribution = LatencyHistogram().distribution
        #expect(
            [distribution.count, distribution.sum, distribution.mean, distribution.quantile(0.99)]
                == [0, 0, 0, 0])
    }

    @Test func theMeanIsThatOfAll() {
        #expect(Self.distribution(of: [1000, 2000, 6000]).mean == 3000)
    }

    @Test func isEmptyAfterAReset() {
        let histogram = LatencyHistogram()
        histogram.record(nanoseconds: 5000)
        histogram.reset()
        let distribution = histogram.distribution
        #expect([distribution.count, distribution.sum, distribution.maximum] == [0, 0, 0])
    }

    @Test func countsWhatIsShorterThanPowersOfTwo() {
        let distribution = Self.distribution(of: [0, 1023, 1024, 2047, 2048, 1 << 40, .max])
        #expect(distribution.counts(belowPowersOfTwo: 10...13) == [2, 4, 5, 5])
        #expect(distribution.counts(belowPowersOfTwo: 40...41) == [5, 6])
    }

    @Test func nothingIsShorterThanAnythingInAnEmptyOne() {
        #expect(LatencyDistribution().counts(belowPowersOfTwo: 10...12) == [0, 0, 0])
    }

    @Test func twoTogetherAreAsIfRecordedInOne() {
        let (first, second) = ([1000, 5_000_000], [300, 70_000, 8])
        #expect(
            Self.distribution(of: first) + Self.distribution(of: second)
                == Self.distribution(of: first + second))
    }

    @Test func nothingIsLostWhenThreadsRecordAtOnce() throws {
        let statistics = RunStatistics()
        let done = Gate()
        let left = Locked(4)
        let queue = WorkQueue(name: "record", threadCount: 4)
        for duration in [1000, 1000, 2000, 4000] {
            #expect(
                queue.enqueue {
                    for _ in 0..<10_000 { statistics.recordRun(nanoseconds: duration, rows: 1) }
                    let isLast = left.withLock { left in
                        left -= 1
                        return left == 0
                    }
                    if isLast { done.open() }
                })
        }
        done.wait()
        let runTime = statistics.summary.runTime
        #expect([runTime.count, runTime.sum, runTime.maximum] == [40_000, 80_000_000, 4000])
    }
}

@Suite struct RowHistogramTests {
    @Test(arguments: [(1, 0), (2, 1), (3, 2), (4, 2), (5, 3), (1 << 23, 23), ((1 << 23) + 1, 24), (.max, 24)])
    func runsAreCountedByThePowerOfTwoThatHoldsTheirRows(_ rows: Int, _ index: Int) {
        let histogram = RowHistogram()
        histogram.record(rows: rows)
        #expect(histogram.distribution.counts.firstIndex(of: 1) == index)
    }

    @Test func aRunWithoutRowsCountsAsOneRow() {
        let histogram = RowHistogram()
        histogram.record(rows: 0)
        let distribution = histogram.distribution
        #expect([distribution.count, distribution.sum, distribution.counts[0]] == [1, 1, 1])
    }

    @Test func entriesSayTheirMostRows() {
        let distribution = RowHistogram().distribution
        #expect([0, 1, 2, 23, 24].map { distribution.mostRows($0) } == [1, 2, 4, 1 << 23, nil])
    }
}
