import Execution
import Foundation
import Tensors
import Testing

@testable import Backends

/// SavedModels in archives, and what is left behind.
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
}
