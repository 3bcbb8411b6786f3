/// Which values of keys a Python process takes for known until it is told that one has left its key.
///
/// It is told of a slot, and forgets all values of that slot: so nothing has to be kept for each of them.
struct TrackedValues {
    /// The Python side has as many.
    static let slotCount = 1024

    private var isTracked = [Bool](repeating: false, count: slotCount)
    private var trackedCount = 0

    var isEmpty: Bool { trackedCount == 0 }

    /// The process knows a value from now on. Returns its slot.
    mutating func track(_ value: AnyObject) -> Int {
        let slot = Self.slot(of: UInt(bitPattern: ObjectIdentifier(value)))
        if !isTracked[slot] { trackedCount += 1 }
        isTracked[slot] = true
        return slot
    }

    /// The process is told that a value has left its key.
    /// - Returns: the slot that it is to be told; nil if it knows none of that slot.
    mutating func end(_ address: UInt) -> Int? {
        let slot = Self.slot(of: address)
        guard isTracked[slot] else { return nil }
        isTracked[slot] = false
        trackedCount -= 1
        return slot
    }

    /// It is told to forget all.
    mutating func endAll() {
        for slot in isTracked.indices { isTracked[slot] = false }
        trackedCount = 0
    }

    private static func slot(of address: UInt) -> Int {
        // The golden ratio's bits; the lowest four of an address say nothing.
        Int((UInt64(address >> 4) &* 0x9E37_79B9_7F4A_7C15) >> 54)
    }
}
