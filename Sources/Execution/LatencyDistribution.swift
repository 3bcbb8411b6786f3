/// How long things took: the content of a histogram at one moment.
public struct LatencyDistribution: Equatable, Sendable {
    /// Per bucket; empty if nothing was recorded.
    private var counts: [Int]
    /// Nanoseconds of all together.
    public private(set) var sum: Int
    /// Nanoseconds of the longest.
    public private(set) var maximum: Int

    public init() {
        counts = []
        sum = 0
        maximum = 0
    }

    /// - Parameter counts: one per bucket.
    init(counts: [Int], sum: Int, maximum: Int) {
        self.counts = counts
        self.sum = sum
        self.maximum = maximum
    }

    /// The number of durations.
    public var count: Int { counts.reduce(0, +) }

    /// Nanoseconds on average; 0 if there are none.
    public var mean: Int {
        let count = count
        return count > 0 ? sum / count : 0
    }

    /// The duration, in nanoseconds, that `fraction` of all do not exceed, to 7 %; 0 if there are none.
    ///
    /// Durations below a microsecond are told to 64 ns, those above 73 minutes count as that long.
    /// - Parameter fraction: from 0 to 1.
    public func quantile(_ fraction: Double) -> Int {
        let rank = max(1, Int((fraction * Double(count)).rounded(.up)))
        var seen = 0
        for index in counts.indices {
            seen += counts[index]
            guard seen >= rank else { continue }
            let (lower, upper) = (LatencyBuckets.lowerBound(index), LatencyBuckets.lowerBound(index + 1))
            return min((lower + upper) / 2, maximum)
        }
        return 0
    }

    /// How many were shorter than each of these powers of two of nanoseconds.
    /// - Parameter powers: within 10 to 41.
    public func counts(belowPowersOfTwo powers: ClosedRange<Int>) -> [Int] {
        guard !counts.isEmpty else { return powers.map { _ in 0 } }
        var (seen, index) = (0, 0)
        return powers.map { power in
            let end = LatencyBuckets.index(of: 1 << power)
            while index < end {
                seen += counts[index]
                index += 1
            }
            return seen
        }
    }

    /// Both together.
    public static func + (first: LatencyDistribution, second: LatencyDistribution) -> LatencyDistribution {
        guard !first.counts.isEmpty else { return second }
        guard !second.counts.isEmpty else { return first }
        return LatencyDistribution(
            counts: zip(first.counts, second.counts).map { $0 + $1 }, sum: first.sum + second.sum,
            maximum: max(first.maximum, second.maximum))
    }
}
