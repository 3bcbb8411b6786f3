/// Numbered places ordered by a key, the least first; a place is in the heap once at most.
///
/// Changes cost O(log n). Memory grows with the highest place.
struct IndexedHeap: Sendable {
    private struct Entry: Sendable {
        var key: Int
        let place: Int
    }

    private var entries: [Entry] = []
    /// For each place where its entry is; nil if it has none.
    private var positions: [Int?] = []

    /// The place with the least key; nil if there is none.
    var first: (place: Int, key: Int)? { entries.first.map { ($0.place, $0.key) } }

    /// All places, in no order.
    var places: [Int] { entries.map(\.place) }

    /// The key of a place; nil if it is not in the heap.
    func key(of place: Int) -> Int? {
        guard place < positions.count, let position = positions[place] else { return nil }
        return entries[position].key
    }

    /// Puts a place in, or gives it another key.
    mutating func set(_ place: Int, key: Int) {
        while positions.count <= place { positions.append(nil) }
        guard let position = positions[place] else {
            positions[place] = entries.count
            entries.append(Entry(key: key, place: place))
            return rise(from: entries.count - 1)
        }
        guard entries[position].key != key else { return }
        entries[position].key = key
        rise(from: position)
        sink(from: position)
    }

    /// Takes a place out, if it is in.
    mutating func remove(_ place: Int) {
        guard place < positions.count, let position = positions[place] else { return }
        swap(position, entries.count - 1)
        entries.removeLast()
        positions[place] = nil
        guard position < entries.count else { return }
        rise(from: position)
        sink(from: position)
    }

    private mutating func rise(from position: Int) {
        var child = position
        while child > 0 {
            let parent = (child - 1) / 2
            guard entries[child].key < entries[parent].key else { return }
            swap(child, parent)
            child = parent
        }
    }

    private mutating func sink(from position: Int) {
        var parent = position
        while true {
            var least = parent
            for child in (2 * parent + 1)...(2 * parent + 2)
            where child < entries.count && entries[child].key < entries[least].key {
                least = child
            }
            guard least != parent else { return }
            swap(parent, least)
            parent = least
        }
    }

    private mutating func swap(_ one: Int, _ other: Int) {
        entries.swapAt(one, other)
        positions[entries[one].place] = one
        positions[entries[other].place] = other
    }
}
