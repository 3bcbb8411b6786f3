import Execution
import Foundation
import Tensors
import Testing

@testable import Backends

/// SavedModels in archives, the archives themselves, and what is left behind.
extension BackendsTests {
    @Suite
    struct SavedModelTests {
        private typealias Subject = TensorFlowBackendTests

        private static func names(_ specifications: [TensorSpecification]) -> [String] {
            specifications.map { String(decoding: $0.name, as: UTF8.self) }
        }

        @Test(arguments: ["line", "line_in_folder", "line_not_packed"])
        func itsVariablesAreRestored(_ name: String) throws {
            let model = try Subject.load("saved/\(name).zip", [], [])
            #expect(Self.names(model.inputs) == ["x"])
            #expect(Self.names(model.outputs) == ["d", "y"])
            #expect(model.inputs[0].dimensions == [nil, 2])
            let outputs = try model.run([.floats([1, 2], [10, 20])])
            #expect(outputs.map { $0?.floats } == [[9, 19], [21, 61]])
        }

        @Test func keysAreSortedUnlessTheClientOrdersThem() throws {
            let (a, b) = (try Tensor.floats([1], [5]), try Tensor.floats([1], [3]))
            let sorted = try Subject.load("saved/pair.zip", [], [])
            #expect(Self.names(sorted.inputs) == ["a", "b"])
            #expect(try sorted.run([a, b])[0]?.floats == [2])
            let ordered = try Subject.load("saved/pair.zip", ["b", "a"], ["c"])
            #expect(try ordered.run([b, a])[0]?.floats == [2])
        }

        @Test func aKeyThatIsNotInTheSignatureIsNamed() {
            #expect(
                Subject.refusal("saved/line.zip", ["StatefulPartitionedCall"], ["y"])
                    == "ERR Input node named \"StatefulPartitionedCall\" not found in TF graph.")
            #expect(
                Subject.refusal("saved/line.zip", ["x"], ["slope"])
                    == "ERR Output node named \"slope\" not found in TF graph")
        }

        @Test func aTableIsFilledBeforeTheFirstRun() throws {
            let model = try Subject.load("saved/words.zip", [], [])
            let expected = try Tensor.int64s([3], [2, -1, 1])
            #expect(try model.run([.strings([3], ["two", "three", "one"])])[0]?.bytes == expected.bytes)
        }

        @Test func nothingIsLeftInTheFolderForTemporaryFiles() throws {
            let parent = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
            func leftovers() throws -> [String] {
                try FileManager.default.contentsOfDirectory(atPath: parent)
                    .filter { $0.hasPrefix("redisai-model-\(getpid())-") }
            }
            let before = try leftovers()
            for name in ["line", "words", "refused/asset", "refused/saves_while_restoring"] {
                _ = try? Subject.load("saved/\(name).zip", [], [])
            }
            #expect(try leftovers() == before)
        }
    }

    @Suite
    struct ZIPArchiveTests {
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
            entries(try Fixture.file("tensorflow/zip/\(name).zip"))
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
            let whole = try Fixture.file("tensorflow/saved/line.zip")
            for count in stride(from: 0, to: whole.count, by: 19) {
                guard case .failure = Self.entries(Array(whole[..<count])) else {
                    Issue.record("\(count) bytes are an archive")
                    return
                }
            }
        }
    }
}
