import Synchronization

/// What runs of one model took lately, by their size; any thread, no lock.
///
/// A size that has not been seen lately is unknown, however long or short other ones took: how time grows
/// with the size is the model's own. Up to 8 sizes are kept; of a model that uses more, some are forgotten.
final class RunCosts: Sendable {
    /// One size: part of its hash, how many runs are behind the estimate, and the estimate in nanoseconds.
    private struct Cell: Sendable {
        private static let tagShift = 42
        private static let countShift = 40
        private static let limit = 1 << countShift - 1

        let bits: UInt64

        init(bits: UInt64) { self.bits = bits }

        init(tag: UInt64, runs: UInt64, nanoseconds: Int) {
            let kept = UInt64(max(0, min(nanoseconds, Self.limit)))
            bits = tag << Self.tagShift | runs << Self.countShift | kept
        }

        var tag: UInt64 { bits >> Self.tagShift }
        var runs: UInt64 { bits >> Self.countShift & 3 }
        var nanoseconds: Int { Int(bits & UInt64(Self.limit)) }
        /// How much would be lost with it: least if nothing is there.
        var knowledge: UInt64 { bits == 0 ? 0 : runs + 1 }

        static func tag(of hash: UInt64) -> UInt64 { hash >> tagShift }
    }

    /// Runs before an estimate counts; the first ones of a size warm the runtime up.
    private static let runsBeforeEstimate: UInt64 = 3

    /// The places that a size may have: all of them are its own if no more sizes are in use.
    private static let places = 8

    private let cells: InlineArray<64, Atomic<UInt64>>
    private let last = Atomic<Int>(0)
    /// So that nobody can make sizes that are taken for each other.
    private let seed = UInt64.random(in: 0 ... .max)

    init() { cells = InlineArray { _ in Atomic(0) } }

    /// The estimate for the size of the last run.
    var latest: Int { last.load(ordering: .relaxed) }

    /// How long a run of a size is expected to take, in nanoseconds; nil while too little is known.
    func expected(_ size: RunSize) -> Int? {
        let hash = hash(size)
        guard let place = place(of: hash) else { return nil }
        let cell = cell(place)
        return cell.runs >= Self.runsBeforeEstimate ? cell.nanoseconds : nil
    }

    /// A run has ended well: the estimate goes up at once, and down by an eighth of the difference, since one
    /// slow run is reason enough for caution.
    func record(_ nanoseconds: Int, _ size: RunSize) {
        let hash = hash(size)
        let tag = Cell.tag(of: hash)
        guard let place = place(of: hash) else {
            set(leastKnownPlace(for: hash), Cell(tag: tag, runs: 1, nanoseconds: nanoseconds))
            return
        }
        let old = cell(place)
        let difference = old.nanoseconds - nanoseconds
        let estimate = difference > 0 ? old.nanoseconds - (difference + 7) / 8 : nanoseconds
        let runs = min(old.runs + 1, Self.runsBeforeEstimate)
        set(place, Cell(tag: tag, runs: runs, nanoseconds: estimate))
    }

    /// A run has failed after so long: a size that was stopped after a long time is not cheap, whatever it
    /// was before.
    func recordFailure(_ nanoseconds: Int, _ size: RunSize) {
        let hash = hash(size)
        guard let place = place(of: hash) else {
            let failed = Cell(tag: Cell.tag(of: hash), runs: 0, nanoseconds: nanoseconds)
            return set(leastKnownPlace(for: hash), failed)
        }
        let old = cell(place)
        guard nanoseconds > old.nanoseconds else { return }
        set(place, Cell(tag: old.tag, runs: old.runs, nanoseconds: nanoseconds))
    }

    private func hash(_ size: RunSize) -> UInt64 {
        let mixed = (size.code ^ seed) &* 0xD6E8_FEB8_6659_FD93
        return mixed ^ mixed >> 32
    }

    private static func firstPlace(for hash: UInt64) -> Int { Int(hash & 63) }

    /// Where a size is kept; nil if it is unknown.
    private func place(of hash: UInt64) -> Int? {
        let (first, tag) = (Self.firstPlace(for: hash), Cell.tag(of: hash))
        for number in 0..<Self.places where holds(first ^ number, tag) { return first ^ number }
        return nil
    }

    private func holds(_ place: Int, _ tag: UInt64) -> Bool {
        let cell = cell(place)
        return cell.tag == tag && cell.bits != 0
    }

    private func leastKnownPlace(for hash: UInt64) -> Int {
        let first = Self.firstPlace(for: hash)
        var (found, least) = (first, cell(first).knowledge)
        for number in 1..<Self.places where cell(first ^ number).knowledge < least {
            (found, least) = (first ^ number, cell(first ^ number).knowledge)
        }
        return found
    }

    private func cell(_ place: Int) -> Cell { Cell(bits: cells[place].load(ordering: .relaxed)) }

    private func set(_ place: Int, _ cell: Cell) {
        cells[place].store(cell.bits, ordering: .relaxed)
        last.store(cell.nanoseconds, ordering: .relaxed)
    }
}
