import Execution
import Foundation
import Tensors
import Testing

@testable import Backends

/// Models that reach out, that would end the process, and bytes of chance.
extension BackendsTests {
    @Suite
    struct TensorFlowRefusalTests {
        private typealias Subject = TensorFlowBackendTests

        static let reachingOut = (try? Fixture.names(in: "tensorflow/refused", ending: ".pb")) ?? []
        static let fatal = (try? Fixture.names(in: "tensorflow/fatal", ending: ".pb")) ?? []
        static let archives = (try? Fixture.names(in: "tensorflow/saved/refused", ending: ".zip")) ?? []

        @Test func theCorpusIsThere() {
            #expect(Self.reachingOut.count >= 27)
            #expect(Self.fatal.count >= 7)
            #expect(Self.archives.count >= 7)
        }

        @Test(arguments: reachingOut)
        func anOperationThatReachesOutIsNamed(_ name: String) {
            let text = Subject.refusal("refused/\(name)", ["x"], ["y"]) ?? "none"
            #expect(text.hasPrefix("ERR the operation "), "\(text)")
            #expect(text.hasSuffix("; the setting TF_ALLOW_ALL_OPERATIONS allows it"), "\(text)")
        }

        @Test(arguments: fatal)
        func whatWouldEndTheProcessIsRefused(_ name: String) {
            let inputs = name.contains("count") || name.contains("loop") ? ["count"] : ["x"]
            let text = Subject.refusal("fatal/\(name)", inputs, ["y"]) ?? "none"
            let isOurs =
                text.hasPrefix("ERR node \"")
                || text == "ERR the function again calls itself, which is not allowed"
            #expect(isOurs, "\(text)")
        }

        @Test(arguments: archives)
        func anArchiveThatReachesOutIsRefused(_ name: String) {
            let text = Subject.refusal("saved/refused/\(name)", [], []) ?? "none"
            #expect(text.contains("not allowed"), "\(text)")
        }

        /// Nothing new of a newer library slips through.
        @Test func everyOperationOfTheLibraryIsAllowedOrRefused() throws {
            let library = try TensorFlowLibrary(
                path: Runtime.folder + "/redisai_tensorflow/redisai_tensorflow.so",
                options: BackendOptions())
            let refused = try String(
                contentsOf: Fixture.root.appendingPathComponent(
                    "Tests/Fixtures/tensorflow_refused_operations.txt"), encoding: .utf8
            ).split(separator: "\n").map(String.init)
            let allowed = TensorFlowOperations.all
            #expect(Set(allowed).isDisjoint(with: refused))
            #expect(Set(allowed).union(refused) == Set(library.operations.keys))
            #expect(allowed == allowed.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        }

        @Test(arguments: [
            ("mul.pb", ["a", "b"], ["c"]), ("count.pb", ["count"], ["total"]), ("dense.pb", ["x"], ["y"]),
        ])
        func aGraphCutAnywhereIsRefusedOrRuns(_ name: String, _ inputs: [String], _ outputs: [String]) throws
        {
            let whole = try Fixture.file("tensorflow/\(name)")
            for count in stride(from: 0, to: whole.count, by: max(1, whole.count / 300)) {
                try? Self.use(Array(whole[..<count]), inputs, outputs)
            }
        }

        @Test(arguments: [
            ("mul.pb", ["a", "b"], ["c"]), ("count.pb", ["count"], ["total"]),
            ("count_in_frames.pb", ["count"], ["total"]), ("choice.pb", ["x", "which"], ["y"]),
            ("rows_filter.pb", ["x"], ["y"]), ("saved/line.zip", [], []),
            ("saved/line_not_packed.zip", [], []),
        ])
        func aThousandDamagedModelsNeverEndTheProcess(
            _ name: String, _ inputs: [String], _ outputs: [String]
        ) throws {
            let whole = try Fixture.file("tensorflow/\(name)")
            var random = SeededBytes(seed: UInt64(whole.count))
            for _ in 0..<1000 { try? Self.use(random.damaged(whole), inputs, outputs) }
        }

        /// Loads and runs, whatever comes of it.
        private static func use(_ bytes: [UInt8], _ inputs: [String], _ outputs: [String]) throws {
            let model = try Subject.load(bytes, inputs, outputs)
            let slot = Runtime.hastyWatch.makeSlot()
            defer { Runtime.hastyWatch.remove(slot) }
            let tensors = try model.inputs.map { specification in
                let shape = (specification.dimensions ?? [2]).map { min($0 ?? 2, 16) }
                return try Tensor(zerosOf: specification.type ?? .float32, shape: TensorShape(shape))
            }
            _ = try model.run(tensors, stop: slot.stop())
        }
    }
}

/// Damage that is the same in every run.
private struct SeededBytes {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    private mutating func next(below limit: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state % UInt64(limit))
    }

    /// One to four bytes are changed, or the end is missing.
    mutating func damaged(_ whole: [UInt8]) -> [UInt8] {
        var bytes = whole
        if next(below: 10) == 0 { return Array(bytes[..<next(below: bytes.count)]) }
        for _ in 0...next(below: 4) {
            let place = next(below: bytes.count)
            let values: [UInt8] = [
                0, 1, 0x7F, 0xFF, bytes[place] ^ 1 << next(below: 8), UInt8(next(below: 256)),
            ]
            bytes[place] = values[next(below: values.count)]
        }
        return bytes
    }
}
