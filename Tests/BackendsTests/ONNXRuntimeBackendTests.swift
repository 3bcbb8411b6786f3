import Execution
import Tensors
import Testing

@testable import Backends

/// How ONNX Runtime takes models: which load, what the others are told, what memory they take.
extension BackendsTests {
    @Suite
    struct ONNXRuntimeBackendTests {
        private func refusal(_ name: String) -> ExecutionError? {
            do {
                _ = try Runtime.load(name)
                return nil
            } catch {
                return error as? ExecutionError
            }
        }

        @Test(arguments: [
            "initializers_as_inputs_ir3", "opset_7", "opset_9", "opset_11", "opset_13", "opset_21",
            "opset_newest",
        ])
        func modelsOfEveryAgeLoad(_ name: String) throws {
            let model = try Runtime.load(name)
            #expect(model.inputs.map(\.name) == [Array("x".utf8)])
            #expect(try model.run([.floats([2], [1, -1])])[0]?.floats == [1, 0])
        }

        @Test(arguments: [
            ("future_ir", "Unsupported model IR version: 999"),
            ("future_opset", "Opset 999 is under development"),
            ("unknown_operator", "example.unknown:Frobnicate(-1) is not a registered function/op"),
            ("unknown_standard_operator", "No Op registered for Frobnicate"),
            ("dangling_input", "Node input 'missing' is not a graph input"),
            ("short_weights", "does not match expected size"),
            ("line_breaks_in_operator", "Frob  +OK  nicate"),
        ])
        func aModelThatCannotRunIsRefusedInTheRuntimesWords(_ name: String, _ words: String) throws {
            guard case .backend(let text) = refusal(name) else {
                Issue.record("\(name) was not refused by the runtime")
                return
            }
            #expect(text.contains(words))
            #expect(!text.utf8.contains { $0 == 0x0A || $0 == 0x0D })
        }

        @Test func aModelWithoutAGraphIsRefused() {
            #expect(refusal("no_graph") == .backend("No graph was found in the protobuf."))
        }

        @Test func aCutModelIsRefused() throws {
            let bytes = try Fixture.model("mul_2x2")
            for length in 0..<bytes.count {
                #expect(throws: ExecutionError.self) {
                    _ = try Runtime.onnx().load(.of(Array(bytes[..<length])))
                }
            }
        }

        @Test func theRuntimesOwnFormatIsRefused() throws {
            let bytes = try Fixture.file("mul_2x2.ort")
            let text = "ERR models in the ORT format are not allowed, only ONNX"
            #expect(throws: ExecutionError.backend(text)) { _ = try Runtime.onnx().load(.of(bytes)) }
        }

        @Test func theRuntimesOwnFormatIsRefusedByTheSessionToo() throws {
            let bytes = try Fixture.file("mul_2x2.ort")
            let backend = try #require(try Runtime.onnx() as? ONNXRuntimeBackend)
            #expect(throws: ExecutionError.backend("No graph was found in the protobuf.")) {
                _ = try backend.build(bytes.span, weightByteCount: 0, gpu: nil)
            }
        }

        @Test(arguments: ["CPU", "cpu", "CPU:1", "CPU:99"])
        func everyProcessorRuns(_ device: String) throws {
            let model = try Runtime.onnx().load(.of(Fixture.model("add_1"), device: device))
            #expect(try model.run([.floats([2], [1, 2])])[0]?.floats == [2, 3])
        }

        @Test func theVersionIsTold() throws {
            let version = try Runtime.onnx().version
            #expect(version.split(separator: ".").count == 3)
            #expect(version.utf8.allSatisfy { $0 == 0x2E || (0x30...0x39).contains($0) })
        }

        @Test func memoryIsCountedBeforeAnyModel() throws {
            let backend = try Runtime.onnx()
            #expect(backend.memoryByteCount >= 0)
            #expect(backend.allocationCount >= 0)
        }

        @Test(arguments: [("wide_layer", 160 * 256 * 4), ("backend/table_lookup", 16 * 256 * 4)])
        func aModelsMemoryIsThatOfItsWeights(_ name: String, _ weights: Int) throws {
            let model = try Runtime.load(name)
            #expect((weights...weights + weights / 20).contains(model.memoryByteCount))
        }

        @Test func rearrangedWeightsCountInTheServersMemory() throws {
            let backend = try Runtime.onnx()
            let memory = backend.memoryByteCount
            let calls = backend.allocationCount
            let model = try Runtime.load("wide_layer")
            withExtendedLifetime(model) {
                #expect(backend.memoryByteCount - memory >= 160 * 256 * 4)
                #expect(backend.allocationCount > calls)
            }
        }

        @Test func aFreedModelGivesItsMemoryBack() throws {
            let backend = try Runtime.onnx()
            let before = backend.memoryByteCount
            do {
                let model = try Runtime.load("wide_layer")
                _ = try model.run([.floats([1, 160], .init(repeating: 1, count: 160))])
                #expect(backend.memoryByteCount > before)
            }
            #expect(backend.memoryByteCount == before)
        }

        @Test func aRefusedModelLeavesNoMemoryBehind() throws {
            let backend = try Runtime.onnx()
            let before = backend.memoryByteCount
            for name in ["short_weights", "dangling_input", "unknown_operator"] { _ = refusal(name) }
            #expect(backend.memoryByteCount == before)
        }

        @Test func modelsAreBuiltOnSeveralThreadsAtOnce() throws {
            let backend = try Runtime.onnx()
            let bytes = try Fixture.model("wide_layer")
            let counts = Locked<[Int]>([])
            inParallel(4) { _ in
                for _ in 0..<5 {
                    let model = try? backend.load(.of(bytes))
                    counts.withLock { $0.append(model?.memoryByteCount ?? -1) }
                }
            }
            let all = counts.withLock { $0 }
            #expect(all.count == 20)
            // Each counts what its own thread took, to the rounding of the allocator.
            let weights = 160 * 256 * 4
            #expect(all.allSatisfy { (weights...weights + weights / 20).contains($0) })
        }
    }
}
