/// Which values of keys a Python process takes for known until it is told that one may have left its key.
///
/// It is told of a slot, and forgets all values of that slot: so nothing has to be kept for each of them.
struct TrackedValues {
    static let slotCount = 1 << slotBitCount
    private static let slotBitCount = 10

    /// What a slot has, at most.
    private enum Content {
        case nothing, small, large
    }

    /// A slot whose values may have left their keys.
    struct Departure: Equatable {
        let slot: Int
        /// Whether much memory may wait for the process to let go of it.
        let isLarge: Bool
    }

    private var contents = [Content](repeating: .nothing, count: slotCount)
    private var trackedCount = 0

    var isEmpty: Bool { trackedCount == 0 }

    /// The process knows a value from now on. Returns its slot.
    mutating func track(_ value: AnyObject, isLarge: Bool) -> Int {
        let slot = Self.slot(of: UInt(bitPattern: ObjectIdentifier(value)))
        if contents[slot] == .nothing { trackedCount += 1 }
        if isLarge || contents[slot] == .nothing { contents[slot] = isLarge ? .large : .small }
        return slot
    }

    /// The process is told that a value may have left its key.
    /// - Returns: what it is to be told; nil if it knows none of that slot.
    mutating func end(_ address: UInt) -> Departure? {
        let slot = Self.slot(of: address)
        guard contents[slot] != .nothing else { return nil }
        defer { contents[slot] = .nothing }
        trackedCount -= 1
        return Departure(slot: slot, isLarge: contents[slot] == .large)
    }

    /// It is told to forget all.
    mutating func endAll() {
        for slot in contents.indices { contents[slot] = .nothing }
        trackedCount = 0
    }

    private static func slot(of address: UInt) -> Int {
        // The golden ratio's bits; the lowest four of an address say nothing.
        Int((UInt64(address >> 4) &* 0x9E37_79B9_7F4A_7C15) >> UInt64(64 - slotBitCount))
    }
}
