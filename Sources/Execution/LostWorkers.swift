/// Workers that are at something which has outlasted its limit and does not stop.
///
/// Pure; its owner holds the lock. Another worker has taken the place of each of them, as long as there are
/// not too many. From then on one keeps its place, and whoever comes back first takes that.
struct LostWorkers<Worker: AnyObject> {
    /// What a worker does that has come back.
    enum Return: Equatable {
        case goesOn(at: Int)
        case ends
    }

    /// More would take too much of the machine, whose processors they use in vain.
    private let limit: Int
    private var replacedCount = 0
    /// Those that nobody has replaced, with their places.
    private var keepers: [(worker: Worker, place: Int)] = []

    /// - Parameter limit: how many are replaced.
    init(limit: Int) { self.limit = limit }

    /// Works that are under way in vain.
    var count: Int { replacedCount + keepers.count }
    /// Places with such a work.
    var placeCount: Int { keepers.count }
    /// Whether another worker may take the place of the next one.
    var canReplace: Bool { replacedCount < limit }

    /// Whether a worker is lost and nobody has taken its place.
    func keepsPlace(_ worker: Worker) -> Bool { keepers.contains { $0.worker === worker } }

    /// A worker is lost, and another has its place.
    mutating func addReplaced() { replacedCount += 1 }

    /// A worker is lost, and keeps its place.
    mutating func add(_ worker: Worker, at place: Int) { keepers.append((worker, place)) }

    /// A lost worker's work has ended after all.
    mutating func takeBack(_ worker: Worker) -> Return {
        if let index = keepers.firstIndex(where: { $0.worker === worker }) {
            return .goesOn(at: keepers.remove(at: index).place)
        }
        // With another's place: that one is the one that was replaced now.
        if let keeper = keepers.popLast() { return .goesOn(at: keeper.place) }
        replacedCount -= 1
        return .ends
    }
}

extension LostWorkers: Sendable where Worker: Sendable {}
