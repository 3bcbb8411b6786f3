import Glibc
import Testing

@testable import Messages

/// Regions are made, announced once, lent and kept within limits.
@Suite struct RegionPoolTests {
    static let smallest = 1 << 16

    let side = SocketPair(isSide: true)

    /// What has come to the other end: each region's number and size; the descriptors are closed.
    func announced() throws -> [Announcement] {
        var all: [Announcement] = []
        while try Announcement.receive(
            from: side.theirs, take: { announcement, _ in all.append(announcement) })
        {}
        return all
    }

    @Test(arguments: [
        (0, 1 << 16), (1, 1 << 16), (1 << 16, 1 << 16), ((1 << 16) + 1, 1 << 17), (1 << 20, 1 << 20),
        ((1 << 20) + 1, 1 << 21),
    ])
    func capacitiesArePowersOfTwo(_ byteCount: Int, _ capacity: Int) throws {
        var pool = RegionPool()
        let number = try pool.lend(byteCount: byteCount, over: side.ours)
        #expect(try announced() == [Announcement(number: number, size: UInt64(capacity))])
        #expect(pool.byteCount == capacity)
    }

    @Test func theOtherEndReadsWhatIsWritten() throws {
        var pool = RegionPool()
        let number = try pool.lend(byteCount: 10, over: side.ours)
        var shown: [UInt8] = []
        let hasCome = try Announcement.receive(from: side.theirs) {
            (announcement, descriptor) throws(RegionError) in
            let byteCount = Int(announcement.size)
            let memory = try SharedMemory.mapped(descriptor, byteCount: byteCount, number: number)
            try pool.write([7, 8, 9].span, to: number, at: byteCount - 3)
            shown = [0, 0, 0]
            var span = shown.mutableSpan
            memory.read(into: &span, from: byteCount - 3)
        }
        #expect(hasCome)
        #expect(shown == [7, 8, 9])
    }

    @Test func theOtherEndCannotWriteOrPunchHoles() throws {
        var pool = RegionPool()
        _ = try pool.lend(byteCount: 10, over: side.ours)
        var results: [Bool] = []
        _ = try Announcement.receive(from: side.theirs) { _, descriptor in
            let flags = PROT_READ | PROT_WRITE
            let mapped = mmap(nil, Self.smallest, flags, MAP_SHARED, descriptor.number, 0)
            results.append(mapped != MAP_FAILED)
            results.append(write(descriptor.number, [1], 1) == 1)
            results.append(ftruncate(descriptor.number, 0) == 0)
            // A hole of a file that keeps its size.
            results.append(LinuxCalls.fallocate(descriptor.number, 3, 0, 4096) == 0)
        }
        #expect(results == [false, false, false, false])
    }

    @Test func anIdleRegionIsLentAgainWithoutAnAnnouncement() throws {
        var pool = RegionPool()
        let first = try pool.lend(byteCount: 1, over: side.ours)
        let second = try pool.lend(byteCount: 1, over: side.ours)
        let large = try pool.lend(byteCount: Self.smallest + 1, over: side.ours)
        #expect(try announced().count == 3)
        for number in [first, second, large] { try pool.giveBack(number) }
        #expect(pool.idleByteCount == 4 * Self.smallest)
        #expect(try pool.lend(byteCount: 2, over: side.ours) == second)
        #expect(try pool.lend(byteCount: 2, over: side.ours) == first)
        #expect(try pool.lend(byteCount: 2 * Self.smallest, over: side.ours) == large)
        #expect(pool.idleByteCount == 0)
        #expect(try announced() == [])
    }

    @Test func keepsIdleRegionsUpToALimit() throws {
        var pool = RegionPool(idleByteLimit: Self.smallest)
        let first = try pool.lend(byteCount: 1, over: side.ours)
        let second = try pool.lend(byteCount: 1, over: side.ours)
        try pool.giveBack(first)
        try pool.giveBack(second)
        #expect(pool.byteCount == Self.smallest && pool.idleByteCount == Self.smallest)
        #expect(try pool.lend(byteCount: 1, over: side.ours) == first)
        // Numbers never come again.
        #expect(try pool.lend(byteCount: 1, over: side.ours) == 3)
    }

    @Test func tellsOnceWhichRegionsAreGone() throws {
        var pool = RegionPool(idleByteLimit: Self.smallest)
        let first = try pool.lend(byteCount: 1, over: side.ours)
        let second = try pool.lend(byteCount: 1, over: side.ours)
        #expect(pool.takeDropped() == [])
        for number in [first, second] { try pool.giveBack(number) }
        #expect(pool.takeDropped() == [second])
        #expect(pool.takeDropped() == [])
    }

    @Test func lendsUpToALimit() throws {
        var pool = RegionPool(byteLimit: 2 * Self.smallest)
        let first = try pool.lend(byteCount: 1, over: side.ours)
        _ = try pool.lend(byteCount: 1, over: side.ours)
        expect(.byteLimitReached(byteCount: Self.smallest)) { () throws(RegionError) in
            _ = try pool.lend(byteCount: 1, over: side.ours)
        }
        expect(.byteLimitReached(byteCount: .max)) { () throws(RegionError) in
            _ = try pool.lend(byteCount: .max, over: side.ours)
        }
        try pool.giveBack(first)
        #expect(try pool.lend(byteCount: 1, over: side.ours) == first)
    }

    @Test func idleRegionsMakeRoomForOthers() throws {
        var pool = RegionPool(byteLimit: 2 * Self.smallest)
        for number in [
            try pool.lend(byteCount: 1, over: side.ours), try pool.lend(byteCount: 1, over: side.ours),
        ] {
            try pool.giveBack(number)
        }
        #expect(try pool.lend(byteCount: 2 * Self.smallest, over: side.ours) == 3)
        #expect(pool.byteCount == 2 * Self.smallest && pool.idleByteCount == 0)
    }

    @Test func onlyWhatIsLentIsGivenBackOrWritten() throws {
        var pool = RegionPool()
        let number = try pool.lend(byteCount: 1, over: side.ours)
        try pool.giveBack(number)
        for other in [number, 0, -1, 2] {
            expect(.unknownNumber(other)) { () throws(RegionError) in try pool.giveBack(other) }
            expect(.unknownNumber(other)) { () throws(RegionError) in try pool.write([1].span, to: other) }
        }
    }

    @Test(arguments: [-1, 65_535, 65_537, Int.max])
    func refusesToWriteBeyondARegion(_ offset: Int) throws {
        var pool = RegionPool()
        let number = try pool.lend(byteCount: 1, over: side.ours)
        expect(.outOfBounds(number: number, offset: offset, byteCount: 2)) { () throws(RegionError) in
            try pool.write([1, 2].span, to: number, at: offset)
        }
    }

    @Test func whatCannotBeAnnouncedIsNotLent() throws {
        var pool = RegionPool()
        side.shrinkBuffer()
        var count = 0
        var failure: RegionError?
        // Nobody reads the announcements.
        while failure == nil, count < 10_000 {
            do throws(RegionError) {
                _ = try pool.lend(byteCount: 1, over: side.ours)
                count += 1
            } catch {
                failure = error
            }
        }
        #expect(failure == .notAnnounced(code: EAGAIN))
        #expect(pool.byteCount == count * Self.smallest)
        #expect(try announced().count == count)
        #expect(try pool.lend(byteCount: 1, over: side.ours) == count + 1)
    }

    @Test func aClosedSideSocketIsAnError() {
        var pool = RegionPool()
        side.closeTheirs()
        expect(.notAnnounced(code: EPIPE)) { () throws(RegionError) in
            _ = try pool.lend(byteCount: 1, over: side.ours)
        }
        #expect(pool.byteCount == 0)
    }
}
