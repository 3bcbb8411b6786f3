/// Memory that this process writes and a Python process reads.
///
/// A region is announced over the side socket once and then lent again and again: to make one costs more than
/// to fill it. Sizes are powers of two, so that one fits many uses. Its numbers never come again.
public struct RegionPool: ~Copyable {
    private static let smallestByteCount = 64 << 10

    /// All regions by number, lent or idle.
    private var regions: [Int: SharedMemory] = [:]
    /// Numbers of those that nobody uses, by size; who came last goes first, as its memory is warm.
    private var idle: [Int: [Int]] = [:]
    private var lent: Set<Int> = []
    private var lastNumber = 0
    /// Numbers of regions that are not there any more, until somebody has told the reader.
    private var dropped: [Int] = []
    /// Bytes of all regions.
    public private(set) var byteCount = 0
    /// Bytes of those that nobody uses.
    public private(set) var idleByteCount = 0
    private let byteLimit: Int
    private let idleByteLimit: Int

    /// - Parameters:
    ///   - byteLimit: of all regions together.
    ///   - idleByteLimit: up to which regions are kept that nobody uses.
    public init(byteLimit: Int = 1 << 30, idleByteLimit: Int = 64 << 20) {
        self.byteLimit = byteLimit
        self.idleByteLimit = idleByteLimit
    }

    /// The number of a region with room for so many bytes; of what is in it nothing is said.
    ///
    /// A new one is announced first, so that whoever reads of it can have it.
    /// - Throws: `.byteLimitReached`, `.notMade`; `.notAnnounced` if the side socket does not take it now.
    ///   The bytes can then travel in a message.
    public mutating func lend(byteCount: Int, over side: Int32) throws(RegionError) -> Int {
        guard byteCount <= byteLimit else { throw .byteLimitReached(byteCount: byteCount) }
        let capacity = Self.capacity(for: byteCount)
        let number: Int
        if let known = takeIdle(capacity) {
            number = known
        } else {
            number = try make(capacity, side)
        }
        lent.insert(number)
        return number
    }

    /// Writes bytes into a region that is lent and not yet shown to its reader.
    /// - Throws: `.unknownNumber`, `.outOfBounds`.
    public func write(_ source: Span<UInt8>, to number: Int, at offset: Int = 0) throws(RegionError) {
        guard lent.contains(number), let memory = regions[number] else { throw .unknownNumber(number) }
        guard memory.holds(source.count, at: offset) else {
            throw .outOfBounds(number: number, offset: offset, byteCount: source.count)
        }
        memory.write(source, at: offset)
    }

    /// Nobody reads the region any more.
    /// - Throws: `.unknownNumber` if it is not lent.
    public mutating func giveBack(_ number: Int) throws(RegionError) {
        guard lent.remove(number) != nil, let memory = regions[number] else { throw .unknownNumber(number) }
        guard idleByteCount + memory.byteCount <= idleByteLimit else {
            drop(number)
            return
        }
        idle[memory.byteCount, default: []].append(number)
        idleByteCount += memory.byteCount
    }

    /// Numbers of regions that are gone since the last call. As long as the reader keeps them mapped, their
    /// memory is in use.
    public mutating func takeDropped() -> [Int] {
        defer { dropped = [] }
        return dropped
    }

    private static func capacity(for byteCount: Int) -> Int {
        guard byteCount > smallestByteCount else { return smallestByteCount }
        return 1 << (Int.bitWidth - (byteCount - 1).leadingZeroBitCount)
    }

    private mutating func takeIdle(_ capacity: Int) -> Int? {
        guard let number = idle[capacity]?.popLast() else { return nil }
        if idle[capacity] == [] { idle[capacity] = nil }
        idleByteCount -= capacity
        return number
    }

    private mutating func make(_ capacity: Int, _ side: Int32) throws(RegionError) -> Int {
        guard capacity <= byteLimit - (byteCount - idleByteCount) else {
            throw .byteLimitReached(byteCount: capacity)
        }
        while capacity > byteLimit - byteCount, let largest = idle.keys.max() {
            if let number = takeIdle(largest) { drop(number) }
        }
        let announcement = Announcement(number: lastNumber + 1, size: UInt64(capacity))
        regions[announcement.number] = try SharedMemory.made(byteCount: capacity) {
            (descriptor) throws(RegionError) in
            try announcement.send(descriptor, over: side)
        }
        lastNumber = announcement.number
        byteCount += capacity
        return announcement.number
    }

    private mutating func drop(_ number: Int) {
        byteCount -= regions.removeValue(forKey: number)?.byteCount ?? 0
        dropped.append(number)
    }
}
