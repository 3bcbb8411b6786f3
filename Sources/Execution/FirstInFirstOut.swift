/// A queue in one growing ring; both ends cost O(1).
struct FirstInFirstOut<Element> {
    private var ring: [Element?] = Array(repeating: nil, count: 16)
    private var head = 0
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    mutating func append(_ element: Element) {
        if count == ring.count { grow() }
        ring[(head + count) % ring.count] = element
        count += 1
    }

    /// The oldest element; nil if there is none.
    mutating func popFirst() -> Element? {
        guard count > 0 else { return nil }
        let element = ring[head].take()
        head = (head + 1) % ring.count
        count -= 1
        return element
    }

    private mutating func grow() {
        let elements = (0..<count).map { ring[(head + $0) % ring.count] }
        ring = elements + Array(repeating: nil, count: ring.count)
        head = 0
    }
}

extension FirstInFirstOut: Sendable where Element: Sendable {}
