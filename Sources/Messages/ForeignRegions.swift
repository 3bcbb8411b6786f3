/// Memory that a Python process writes and this process reads.
///
/// What is announced comes from a stranger. Only memory that cannot become shorter is mapped, and after an
/// error the process is to be given up.
public struct ForeignRegions: ~Copyable {
    private var regions: [Int: SharedMemory] = [:]
    /// Bytes of all regions.
    public private(set) var byteCount = 0
    private let countLimit: Int
    private let byteLimit: Int

    /// - Parameters:
    ///   - countLimit: of regions at a time. Each takes one of the mappings that the system grants a process.
    ///   - byteLimit: of all regions together.
    public init(countLimit: Int = 16_384, byteLimit: Int = 4 << 30) {
        self.countLimit = countLimit
        self.byteLimit = byteLimit
    }

    /// Regions that are known.
    public var count: Int { regions.count }

    /// Takes all announcements that have come; never waits.
    ///
    /// They come before the first message that names the region: who reads of an unknown one looks here.
    /// - Returns: how many there were.
    /// - Throws: `.hasEnded`, or what is wrong with an announcement. Those before it are taken.
    @discardableResult
    public mutating func receive(from side: Int32) throws(RegionError) -> Int {
        var received = 0
        while try receiveOne(from: side) { received += 1 }
        return received
    }

    /// Whether so many bytes of a region can be copied: to be asked before there is memory for them.
    /// - Throws: `.unknownNumber`, `.outOfBounds`.
    public func check(_ number: Int, offset: Int = 0, byteCount: Int) throws(RegionError) {
        _ = try memory(number, offset, byteCount)
    }

    /// Copies bytes of a region, from an offset on, as many as the target has.
    ///
    /// The other process may write at the same time; whatever is copied is looked at afterwards.
    /// - Throws: `.unknownNumber`, `.outOfBounds`.
    public func copy(
        _ number: Int, offset: Int = 0, into target: inout MutableSpan<UInt8>
    ) throws(RegionError) {
        try memory(number, offset, target.count).read(into: &target, from: offset)
    }

    /// The other process does not use the region any more.
    /// - Throws: `.unknownNumber`.
    public mutating func forget(_ number: Int) throws(RegionError) {
        guard let memory = regions.removeValue(forKey: number) else { throw .unknownNumber(number) }
        byteCount -= memory.byteCount
    }

    private func memory(_ number: Int, _ offset: Int, _ byteCount: Int) throws(RegionError) -> SharedMemory {
        guard let memory = regions[number] else { throw .unknownNumber(number) }
        guard memory.holds(byteCount, at: offset) else {
            throw .outOfBounds(number: number, offset: offset, byteCount: byteCount)
        }
        return memory
    }

    private mutating func receiveOne(from side: Int32) throws(RegionError) -> Bool {
        try Announcement.receive(from: side) { (announcement, descriptor) throws(RegionError) in
            try add(announcement, descriptor)
        }
    }

    private mutating func add(
        _ announcement: Announcement, _ descriptor: consuming Descriptor
    ) throws(RegionError) {
        let number = announcement.number
        guard number < 0, regions[number] == nil else { throw .numberTaken(number) }
        guard regions.count < countLimit else { throw .countLimitReached(count: countLimit) }
        guard let size = Int(exactly: announcement.size), size <= byteLimit - byteCount else {
            throw .byteLimitReached(byteCount: Int(clamping: announcement.size))
        }
        guard size > 0 else { throw .malformedAnnouncement }
        regions[number] = try SharedMemory.mapped(descriptor, byteCount: size, number: number)
        byteCount += size
    }
}
