import Glibc
import Testing

@testable import Messages

/// Memory of a stranger is looked at before it is believed.
@Suite struct ForeignRegionsTests {
    static let fixed = MemoryFile.shrink | MemoryFile.grow | MemoryFile.futureWrite
    static let size = 1 << 16

    let side = SocketPair(isSide: true)
    let file = MemoryFile(byteCount: Self.size, seals: Self.fixed)

    /// Announces the file, or others.
    func announce(_ number: Int = -1, size: UInt64 = UInt64(Self.size), _ descriptors: [Int32]? = nil) {
        ControlMessage.announce(
            number, size: size, descriptors ?? [file.descriptor], over: side.theirs)
    }

    /// What comes of the announcements.
    func error(of regions: inout ForeignRegions) -> RegionError? {
        do throws(RegionError) {
            try regions.receive(from: side.ours)
            return nil
        } catch {
            return error
        }
    }

    @Test func copiesWhatTheOtherProcessWrites() throws {
        var regions = ForeignRegions()
        announce()
        announce(-2)
        #expect(try regions.receive(from: side.ours) == 2)
        #expect(try regions.receive(from: side.ours) == 0)
        #expect(regions.count == 2 && regions.byteCount == 2 * Self.size)
        file.write([1, 2, 3], at: Self.size - 3)
        var bytes: [UInt8] = [9, 9]
        var span = bytes.mutableSpan
        try regions.copy(-2, offset: Self.size - 2, into: &span)
        #expect(bytes == [2, 3])
        #expect(OpenDescriptors.others(like: file.descriptor) == 0)
    }

    @Test(arguments: [(0, 65_537), (65_536, 1), (65_537, 0), (-1, 1), (1, Int.max), (Int.max, 1), (0, -1)])
    func refusesBytesBeyondTheRegion(_ offset: Int, _ byteCount: Int) throws {
        var regions = ForeignRegions()
        announce()
        try regions.receive(from: side.ours)
        let wanted = RegionError.outOfBounds(number: -1, offset: offset, byteCount: byteCount)
        expect(wanted) { () throws(RegionError) in
            try regions.check(-1, offset: offset, byteCount: byteCount)
        }
    }

    @Test func aCopyIsCheckedToo() throws {
        var regions = ForeignRegions()
        announce()
        try regions.receive(from: side.ours)
        var bytes: [UInt8] = [1, 2]
        var span = bytes.mutableSpan
        expect(.outOfBounds(number: -1, offset: Self.size - 1, byteCount: 2)) { () throws(RegionError) in
            try regions.copy(-1, offset: Self.size - 1, into: &span)
        }
        expect(.unknownNumber(-2)) { () throws(RegionError) in try regions.copy(-2, into: &span) }
        #expect(bytes == [1, 2])
    }

    @Test func forgetsARegionOnce() throws {
        var regions = ForeignRegions()
        announce()
        try regions.receive(from: side.ours)
        try regions.forget(-1)
        #expect(regions.count == 0 && regions.byteCount == 0)
        expect(.unknownNumber(-1)) { () throws(RegionError) in try regions.forget(-1) }
        expect(.unknownNumber(-1)) { () throws(RegionError) in try regions.check(-1, byteCount: 0) }
    }

    @Test func refusesANumberThatIsTaken() {
        var regions = ForeignRegions()
        announce()
        announce()
        #expect(error(of: &regions) == .numberTaken(-1))
        #expect(regions.count == 1)
    }

    @Test(arguments: [0, 1, Int.max])
    func refusesNumbersOfTheServer(_ number: Int) {
        var regions = ForeignRegions()
        announce(number)
        #expect(error(of: &regions) == .numberTaken(number))
        #expect(OpenDescriptors.others(like: file.descriptor) == 0)
    }

    @Test func refusesAnAnnouncementWithoutADescriptor() {
        var regions = ForeignRegions()
        announce(-1, [])
        #expect(error(of: &regions) == .malformedAnnouncement)
    }

    @Test(arguments: [2, 3, 4, 5, 20, 200])
    func refusesSeveralDescriptorsAndClosesThem(_ count: Int) {
        var regions = ForeignRegions()
        announce(-1, Array(repeating: file.descriptor, count: count))
        #expect(error(of: &regions) == .malformedAnnouncement)
        #expect(OpenDescriptors.others(like: file.descriptor) == 0)
    }

    @Test(arguments: [1, 15, 17, 4096])
    func refusesMessagesOfAnotherLength(_ count: Int) {
        var regions = ForeignRegions()
        ControlMessage.send([UInt8](repeating: 0xFF, count: count), [file.descriptor], over: side.theirs)
        #expect(error(of: &regions) == .malformedAnnouncement)
        #expect(OpenDescriptors.others(like: file.descriptor) == 0)
    }

    @Test(arguments: [
        0, MemoryFile.shrink, MemoryFile.grow, MemoryFile.seal, MemoryFile.shrink | MemoryFile.grow,
    ])
    func refusesMemoryThatMayChangeItsSizeOrLosePages(_ seals: Int32) {
        var regions = ForeignRegions()
        let file = MemoryFile(byteCount: Self.size, seals: seals)
        announce(-1, [file.descriptor])
        #expect(error(of: &regions) == .notFixedMemory(number: -1))
        #expect(OpenDescriptors.others(like: file.descriptor) == 0)
    }

    @Test func refusesMemoryWithoutItsPages() {
        var regions = ForeignRegions()
        let file = MemoryFile(byteCount: Self.size, seals: Self.fixed, hasPages: false)
        announce(-1, [file.descriptor])
        #expect(error(of: &regions) == .notFixedMemory(number: -1))
    }

    @Test func refusesOtherFiles() throws {
        var regions = ForeignRegions()
        announce(-1, [side.ours])
        #expect(error(of: &regions) == .notFixedMemory(number: -1))
        let descriptor = open(#filePath, O_RDONLY)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        announce(-1, [descriptor])
        #expect(error(of: &regions) == .notFixedMemory(number: -1))
        var pipes: [Int32] = [-1, -1]
        try #require(pipe(&pipes) == 0)
        defer { for pipe in pipes { close(pipe) } }
        announce(-1, [pipes[0]])
        #expect(error(of: &regions) == .notFixedMemory(number: -1))
        // Its other end is the same file.
        #expect(OpenDescriptors.others(like: pipes[0]) == 1)
    }

    @Test func refusesMoreBytesThanThereAre() {
        var regions = ForeignRegions()
        announce(-1, size: UInt64(Self.size) + 1)
        #expect(error(of: &regions) == .tooSmall(number: -1, byteCount: Self.size))
    }

    @Test func refusesNoBytes() {
        var regions = ForeignRegions()
        announce(-1, size: 0)
        #expect(error(of: &regions) == .malformedAnnouncement)
    }

    @Test(arguments: [UInt64(1 << 32) + 1, UInt64(Int.max), .max])
    func refusesMoreBytesThanItsLimit(_ size: UInt64) {
        var regions = ForeignRegions()
        announce(-1, size: size)
        #expect(error(of: &regions) == .byteLimitReached(byteCount: Int(clamping: size)))
    }

    @Test func countsAllBytesAndRegions() {
        var regions = ForeignRegions(countLimit: 3, byteLimit: 2 * Self.size)
        announce(-1)
        announce(-2)
        announce(-3)
        #expect(error(of: &regions) == .byteLimitReached(byteCount: Self.size))
        announce(-3, size: 1)
        #expect(error(of: &regions) == .byteLimitReached(byteCount: 1))
        var few = ForeignRegions(countLimit: 1)
        announce(-1)
        announce(-2)
        #expect(error(of: &few) == .countLimitReached(count: 1))
        #expect(OpenDescriptors.others(like: file.descriptor) == 0)
    }

    @Test func findsThatTheOtherEndHasClosed() {
        var regions = ForeignRegions()
        announce()
        side.closeTheirs()
        #expect(error(of: &regions) == .hasEnded)
        #expect(regions.count == 1)
    }
}
