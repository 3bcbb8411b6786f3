import Execution
import Foundation
import Tensors
import Testing

@testable import Backends

/// How libtorch takes models: which load, what the others are told, what their code may not do.
extension BackendsTests {
    @Suite
    struct TorchBackendTests {
        private func refusal(of bytes: [UInt8]) throws -> String? {
            do {
                _ = try Runtime.torch().load(.of(bytes, backend: .torch))
                return nil
            } catch ExecutionError.backend(let text) {
                return text
            }
        }

        @Test func theVersionIsLibtorchs() throws {
            #expect(try Runtime.torch().version == "2.15.0")
        }

        @Test(arguments: [
            (
                "list_output",
                "Erorr while trying to retrive model outputs number: "
                    + "The length of a List[Tensor] is not known before a run; return a tuple"
            ),
            (
                "without_forward",
                "Erorr while trying to retrive model inputs number: Method 'forward' is not defined."
            ),
        ])
        func modelsWithoutAUsableForwardAreRefused(_ name: String, _ text: String) throws {
            #expect(try refusal(of: Fixture.torch(name)) == text)
        }

        /// Called, never called, on another thread, and while the archive is still being read.
        @Test(arguments: [
            ("reads_a_file", "aten::from_file"), ("reads_a_file_elsewhere", "aten::from_file"),
            ("reads_a_file_in_a_fork", "aten::from_file"), ("reads_a_file_when_loaded", "aten::from_file"),
            ("writes_a_file", "aten::save"),
        ])
        func modelsWhoseCodeReachesFilesAreRefused(_ name: String, _ operation: String) throws {
            let text = try refusal(of: Fixture.torch(name))
            let setting = "the setting TORCH_ALLOW_ALL_OPERATORS allows it"
            #expect(text == "ERR operator '\(operation)' is not allowed; \(setting)")
            #expect(!FileManager.default.fileExists(atPath: "/tmp/redisai_must_not_be_there"))
        }

        @Test func codeThatRunsWhileLoadingMustEnd() throws {
            let text = try refusal(of: Fixture.torch("spins_when_loaded"))
            #expect(text == "ERR the model takes too many steps to load")
        }

        @Test(arguments: ["linear", "sum_difference"])
        func aCutModelIsRefused(_ name: String) throws {
            let bytes = try Fixture.torch(name)
            for length in stride(from: 0, to: bytes.count, by: 7) {
                #expect(try refusal(of: Array(bytes[..<length])) != nil)
            }
        }

        /// Most changes break a checksum of the archive; the others must not break more than the model.
        @Test(arguments: ["linear", "keeps_its_input", "spin_forked", "reads_a_file_when_loaded"])
        func aChangedModelIsRefusedOrRuns(_ name: String) throws {
            let original = try Fixture.torch(name)
            let input = try Tensor.floats([1, 3], [1, 2, 3])
            for seed in 0..<150 {
                var random = SplitMix(seed: UInt64(seed))
                var bytes = original
                for _ in 0..<1 + random.next() % 8 {
                    bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
                }
                let model = try? Runtime.torch().load(.of(bytes, backend: .torch))
                _ = try? model?.run([input])
            }
            #expect(try Runtime.loadTorch("linear").run([input])[0]?.floats == [8.5, 25.5])
        }

        /// The records of an archive with right checksums, so that what reads them sees the change.
        @Test(arguments: ["linear", "keeps_its_input", "sum_difference", "reads_a_file_when_loaded"])
        func changedRecordsAreRefusedOrRun(_ name: String) throws {
            let original = try Archive(Fixture.torch("stored/\(name)"))
            let input = try Tensor.floats([1, 3], [1, 2, 3])
            for seed in 0..<250 {
                var random = SplitMix(seed: UInt64(seed))
                var archive = original
                archive.change(&random)
                let model = try? Runtime.torch().load(.of(archive.bytes, backend: .torch))
                _ = try? model?.run(model.map { $0.inputs.map { _ in input } } ?? [])
            }
            #expect(try Runtime.loadTorch("linear").run([input])[0]?.floats == [8.5, 25.5])
        }

        @Test func anUnchangedArchiveOfOursLoads() throws {
            let archive = try Archive(Fixture.torch("stored/linear"))
            #expect(try refusal(of: archive.bytes) == nil)
        }

        @Test func aTensorLargerThanItsDataIsRefused() throws {
            var archive = try Archive(Fixture.torch("stored/linear"))
            try archive.edit("data.pkl") { pickle in
                // Each number is one byte after its mark: first what the data is said to have, six elements,
                // then the shape, (2, 3).
                let count = try #require(pickle.firstRange(of: [0x4B, 6, 0x74]))
                pickle[count.lowerBound + 1] = 120
                let shape = try #require(pickle.firstRange(of: [0x4B, 2, 0x4B, 3]))
                pickle[shape.lowerBound + 1] = 40
            }
            #expect(try refusal(of: archive.bytes) == "ERR a tensor of the model is larger than its data")
        }

        @Test func anArchiveThatGrowsBeyondMeasureIsRefused() throws {
            var archive = try Archive(Fixture.torch("stored/linear"))
            archive.claim("data.pkl", byteCount: 1 << 31)
            let text = "ERR the archive grows beyond all measure when it is unpacked"
            #expect(try refusal(of: archive.bytes) == text)
        }

        @Test(arguments: ["(", "[", "-", "not ", "1+", "a."])
        func deeplyNestedCodeIsRefused(_ part: String) throws {
            var archive = try Archive(Fixture.torch("stored/linear"))
            try archive.edit("code/__torch__.py") { code in
                let nested = String(repeating: part, count: 100_000)
                code = Array("class linear(Module):\n  def forward(self, x: Tensor) -> Tensor:\n    ".utf8)
                code += Array("return \(nested)x\n".utf8)
            }
            #expect(try refusal(of: archive.bytes) == "ERR the source is nested too deeply")
        }
    }
}
