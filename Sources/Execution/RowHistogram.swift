import Synchronization

/// Counts runs by their rows, in powers of two; any thread, no lock. Recording is two relaxed additions.
struct RowHistogram: ~Copyable, Sendable {
    private let counts: InlineArray<25, Atomic<Int>>
    private let sum = Atomic<Int>(0)
    private let maximum = Atomic<Int>(0)

    init() { counts = InlineArray { _ in Atomic(0) } }

    /// Counts a run; one without rows as one of one row.
    func record(rows: Int) {
        let rows = max(1, rows)
        counts[RowDistribution.index(of: rows)].wrappingAdd(1, ordering: .relaxed)
        sum.wrappingAdd(rows, ordering: .relaxed)
        if rows > maximum.load(ordering: .relaxed) { maximum.max(rows, ordering: .relaxed) }
    }

    var distribution: RowDistribution {
        RowDistribution(
            counts: counts.indices.map { counts[$0].load(ordering: .relaxed) },
            sum: sum.load(ordering: .relaxed), maximum: maximum.load(ordering: .relaxed))
    }

    func reset() {
        for index in counts.indices { counts[index].store(0, ordering: .relaxed) }
        sum.store(0, ordering: .relaxed)
        maximum.store(0, ordering: .relaxed)
    }
}

/// How many rows runs had: the content of a histogram at one moment.
public struct RowDistribution: Equatable, Sendable {
    /// Runs of one row, of 2, of 3 and 4, of 5 to 8, ...; the last entry counts all above 2^23 rows.
    public let counts: [Int]
    /// Rows of all runs together.
    public let sum: Int
    /// Rows of the largest run.
    public let maximum: Int

    /// The number of runs.
    public var count: Int { counts.reduce(0, +) }

    /// The most rows that a run of an entry has; nil for the last one, which has no limit.
    public func mostRows(_ index: Int) -> Int? { index < counts.count - 1 ? 1 << index : nil }

    /// - Parameter rows: at least 1.
    @inline(__always)
    static func index(of rows: Int) -> Int { min(24, Int.bitWidth - (rows - 1).leadingZeroBitCount) }
}
