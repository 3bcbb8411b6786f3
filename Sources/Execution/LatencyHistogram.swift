import Synchronization

/// Counts durations by their size, to a seventeenth; any thread, no lock.
///
/// Recording is two relaxed additions. The 2 KiB of buckets are taken with the first duration. Durations
/// above `LatencyBuckets.upperLimit` count as that long, but keep their part in sum and maximum.
struct LatencyHistogram: ~Copyable, Sendable {
    private final class Counters: Sendable {
        let counts: InlineArray<264, Atomic<Int>>
        let sum = Atomic<Int>(0)
        let maximum = Atomic<Int>(0)

        init() {
            precondition(LatencyBuckets.count == 264, "the buckets and their memory differ")
            counts = InlineArray { _ in Atomic(0) }
        }

        @inline(__always)
        func record(_ duration: Int) {
            counts[LatencyBuckets.index(of: duration)].wrappingAdd(1, ordering: .relaxed)
            sum.wrappingAdd(duration, ordering: .relaxed)
            if duration > maximum.load(ordering: .relaxed) { maximum.max(duration, ordering: .relaxed) }
        }
    }

    private let counters = PublishedOnce<Counters>()

    /// Counts one duration; a negative one as 0.
    func record(nanoseconds: Int) {
        let duration = max(0, nanoseconds)
        guard counters.read({ $0.record(duration) }) == nil else { return }
        counters.valueOrPublish { Counters() }.record(duration)
    }

    /// Durations recorded since the start or the last reset; adds up all buckets.
    var count: Int {
        guard let counters = counters.value else { return 0 }
        var total = 0
        for index in 0..<LatencyBuckets.count { total += counters.counts[index].load(ordering: .relaxed) }
        return total
    }

    /// Nanoseconds of all together.
    var sum: Int { counters.value?.sum.load(ordering: .relaxed) ?? 0 }

    /// What has been recorded. Of a duration that is recorded meanwhile, only a part may be in it.
    var distribution: LatencyDistribution {
        guard let counters = counters.value else { return LatencyDistribution() }
        return LatencyDistribution(
            counts: (0..<LatencyBuckets.count).map { counters.counts[$0].load(ordering: .relaxed) },
            sum: counters.sum.load(ordering: .relaxed), maximum: counters.maximum.load(ordering: .relaxed))
    }

    /// Starts anew. Of a duration that is recorded meanwhile, a part may remain.
    func reset() {
        guard let counters = counters.value else { return }
        for index in 0..<LatencyBuckets.count { counters.counts[index].store(0, ordering: .relaxed) }
        counters.sum.store(0, ordering: .relaxed)
        counters.maximum.store(0, ordering: .relaxed)
    }
}

/// Which durations, in nanoseconds, are counted together: eight steps for each power of two.
public enum LatencyBuckets {
    // Below 2^10 ns the steps are 2^7 ns wide, so that they go on evenly from there.
    private static let stepBits = 3
    private static let firstPower = 10
    private static let lastPower = 42

    static let count = (lastPower - firstPower + 1) << stepBits

    /// The first duration that is too long to be told from longer ones: 73 minutes.
    public static let upperLimit = 1 << lastPower

    /// - Parameter duration: 0 or more.
    @inline(__always)
    static func index(of duration: Int) -> Int {
        let duration = min(duration, upperLimit - 1)
        // The power of two that the duration reaches.
        let power = max(firstPower - 1, Int.bitWidth - 1 - duration.leadingZeroBitCount)
        guard power >= firstPower else { return duration >> (firstPower - stepBits) }
        let step = (duration >> (power - stepBits)) & ((1 << stepBits) - 1)
        return ((power - firstPower + 1) << stepBits) + step
    }

    /// The least duration of a bucket; for `count`, the upper limit.
    static func lowerBound(_ index: Int) -> Int {
        let step = index & ((1 << stepBits) - 1)
        let row = index >> stepBits
        guard row > 0 else { return step << (firstPower - stepBits) }
        return ((1 << stepBits) + step) << (row - 1 + firstPower - stepBits)
    }
}
