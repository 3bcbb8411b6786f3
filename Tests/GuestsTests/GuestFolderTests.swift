import Foundation
import Testing

@testable import Guests

/// Folders of guests' own, also those of servers that ended without removing them.
@Suite struct GuestFolderTests {
    /// A folder to make them in, for the time of `body`.
    static func withParent(_ body: (String) throws -> Void) throws {
        let path = NSTemporaryDirectory() + "redisai-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    static func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    }

    @Test func itIsThereAsLongAsItIsHeld() throws {
        try Self.withParent { parent in
            var folder = GuestFolder(named: "test", below: parent)
            let path = try #require(folder?.path)
            #expect(path.hasPrefix(parent + "/redisai-test-"))
            #expect(FileManager.default.fileExists(atPath: path))
            folder = nil
            #expect(try Self.names(in: parent) == [])
        }
    }

    @Test func whatIsInItGoesAndWhatLinksPointToStays() throws {
        try Self.withParent { parent in
            let kept = parent + "/kept"
            try Data().write(to: URL(fileURLWithPath: kept))
            var folder = GuestFolder(named: "test", below: parent)
            let path = try #require(folder?.path)
            try FileManager.default.createDirectory(
                atPath: path + "/a/b", withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(atPath: path + "/a/link", withDestinationPath: parent)
            try FileManager.default.createSymbolicLink(atPath: path + "/a/file", withDestinationPath: kept)
            folder = nil
            #expect(try Self.names(in: parent) == ["kept"])
        }
    }

    @Test func whatAServerHasLeftGoesWithTheNext() throws {
        try Self.withParent { parent in
            let used = try #require(GuestFolder(named: "test", below: parent))
            let left = parent + "/redisai-test-abcdef"
            try FileManager.default.createDirectory(
                atPath: left + "/a", withIntermediateDirectories: true)
            try FileManager.default.createDirectory(
                atPath: parent + "/redisai-other-abcdef", withIntermediateDirectories: true)
            let next = try #require(GuestFolder(named: "test", below: parent))
            #expect(!FileManager.default.fileExists(atPath: left))
            let names = [used.path, next.path].compactMap { $0.split(separator: "/").last.map(String.init) }
            #expect(try Self.names(in: parent) == (names + ["redisai-other-abcdef"]).sorted())
            withExtendedLifetime((used, next)) {}
        }
    }

    @Test func aLinkOfThatNameIsNotFollowed() throws {
        try Self.withParent { parent in
            let kept = parent + "/kept"
            try FileManager.default.createDirectory(
                atPath: kept + "/a", withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(
                atPath: parent + "/redisai-test-abcdef", withDestinationPath: kept)
            let folder = try #require(GuestFolder(named: "test", below: parent))
            #expect(FileManager.default.fileExists(atPath: kept + "/a"))
            withExtendedLifetime(folder) {}
        }
    }

    @Test func thereIsNoneInAPlaceThatIsNotThere() {
        #expect(GuestFolder(named: "test", below: "/no/such/folder") == nil)
    }
}
