import Formats
import Foundation
import Testing

@Suite struct ZIPArchiveTests {
    /// A file of `Tests/Fixtures`.
    private static func file(_ name: String) throws -> [UInt8] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return Array(try Data(contentsOf: folder.appendingPathComponent("Fixtures/models/\(name)")))
    }

    private static func entries(_ bytes: [UInt8]) -> Result<[String: Int], ZIPArchive.Refusal> {
        do throws(ZIPArchive.Refusal) {
            let archive = try ZIPArchive(bytes.span)
            var found: [String: Int] = [:]
            for entry in archive.entries {
                found[entry.name] = try archive.content(entry, bytes.span).count
            }
            return .success(found)
        } catch {
            return .failure(error)
        }
    }

    private static func entries(of name: String) throws -> Result<[String: Int], ZIPArchive.Refusal> {
        entries(try Self.file("tensorflow/zip/\(name).zip"))
    }

    /// Every kind of block that DEFLATE has, and the lengths that another program has noted.
    @Test func whatOtherProgramsPackIsUnpacked() throws {
        #expect(
            try Self.entries(of: "blocks")
                == .success([
                    "stored": 5000, "fixed": 40, "dynamic": 60_000, "empty": 0, "random": 70_000,
                ]))
    }

    @Test(arguments: [
        ("absolute", ZIPArchive.Refusal.unsafeName("/etc/passwd")),
        ("parent", .unsafeName("a/../../b")), ("backslash", .unsafeName("a\\b")),
        ("twice", .duplicateName("a")), ("link", .notSupported("a link")),
        ("encrypted", .notSupported("encryption")), ("zip64", .notSupported("ZIP64")),
        ("other_method", .notSupported("method 12 of packing")), ("other_name", .malformed),
        ("says_less", .damaged("a")), ("says_more", .damaged("a")), ("wrong_sum", .damaged("a")),
        ("bomb", .tooLarge),
    ])
    func anArchiveThatIsOddIsRefused(_ name: String, _ refusal: ZIPArchive.Refusal) throws {
        #expect(try Self.entries(of: name) == .failure(refusal))
    }

    @Test func anArchiveCutAnywhereIsRefused() throws {
        let whole = try Self.file("tensorflow/saved/line.zip")
        for count in stride(from: 0, to: whole.count, by: 19) {
            guard case .failure = Self.entries(Array(whole[..<count])) else {
                Issue.record("\(count) bytes are an archive")
                return
            }
        }
    }
}
