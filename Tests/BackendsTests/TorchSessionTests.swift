import Execution
import Tensors
import Testing

@testable import Backends

/// How libtorch runs models: what goes in stays as it is, what comes out is ours.
extension BackendsTests {
    @Suite
    struct TorchSessionTests {
        private static let floats: [Float] = [1, 2, 3, 4, 5, 6]

        private func input() throws -> Tensor { try .floats([2, 3], Self.floats) }

        @Test(arguments: ["writes_its_input", "writes_a_copy"])
        func inputsAreNotChanged(_ name: String) throws {
            let model = try Runtime.loadTorch(name)
            let input = try input()
            for _ in 0..<3 {
                #expect(try model.run([input])[0]?.floats == Self.floats.map { $0 + 1 })
            }
            #expect(input.floats == Self.floats)
        }

        @Test func weightsAreUsed() throws {
            let model = try Runtime.loadTorch("linear")
            #expect(model.memoryByteCount == 32)
            let outputs = try model.run([.floats([1, 3], [1, 1, 1])])
            #expect(outputs[0]?.dimensions == [1, 2])
            #expect(outputs[0]?.floats == [3.5, 11.5])
        }

        @Test func outputsWithoutTheirOwnOrderAreBroughtIntoOurs() throws {
            let outputs = try Runtime.loadTorch("strided_output").run([input()])
            #expect(outputs[0]?.dimensions == [3, 2])
            #expect(outputs[0]?.floats == [1, 4, 2, 5, 3, 6])
        }

        @Test func partsOfInputsAreCopied() throws {
            let outputs = try Runtime.loadTorch("rows_only").run([input()])
            #expect(outputs[0]?.dimensions == [1, 3])
            #expect(outputs[0]?.floats == [1, 2, 3])
        }

        @Test(arguments: ["counts_runs", "keeps_its_input"])
        func modelsThatKeepSomethingDoNotOverlap(_ name: String) throws {
            #expect(try !Runtime.loadTorch(name).allowsOverlappingRuns)
        }

        @Test(arguments: ["mul_2x2", "sum_difference", "linear", "spin", "writes_its_input", "writes_a_copy"])
        func othersDo(_ name: String) throws {
            #expect(try Runtime.loadTorch(name).allowsOverlappingRuns)
        }

        @Test func whatAModelKeepsStaysForTheNextRun() throws {
            let model = try Runtime.loadTorch("keeps_its_input")
            #expect(try model.run([.floats([1], [7])])[0]?.floats == [0])
            #expect(try model.run([.floats([1], [8])])[0]?.floats == [7])
            #expect(try model.run([.floats([1], [9])])[0]?.floats == [8])
        }

        @Test(arguments: [
            ("number_output", "Function returned non-tensor valuesforward"),
            ("mixed_output", "Function returned non-tensor valuesforward"),
            ("none_output", "Function returned non-tensor valuesforward"),
            ("complex_output", "tensors of type ComplexFloat are not supported"),
        ])
        func outputsThatAreNoTensorsOfOursAreRefused(_ name: String, _ text: String) throws {
            let model = try Runtime.loadTorch(name)
            for _ in 0..<2 {
                #expect(throws: ExecutionError.backend(text)) { try model.run([input()]) }
            }
        }

        @Test func inputsOfAnotherKindAreRefusedInLibtorchsWords() throws {
            let model = try Runtime.loadTorch("list_input")
            let error = #expect(throws: ExecutionError.self) { try model.run([input()]) }
            guard case .backend(let text) = error else {
                Issue.record("not a text of the runtime")
                return
            }
            #expect(text.contains("Expected a value of type 'List[Tensor]' for argument 'xs'"))
            #expect(!text.contains("__torch__") && !text.contains("0x"))
        }

        @Test func optionalInputsAreInputs() throws {
            let model = try Runtime.loadTorch("optional_input")
            #expect(model.inputs.map(\.name) == [Array("x".utf8), Array("scale".utf8)])
            #expect(try model.run([input(), .floats([1], [2])])[0]?.floats == Self.floats.map { 2 * $0 })
        }

        @Test func whatAModelRaisesIsToldInOneLine() throws {
            let model = try Runtime.loadTorch("raises")
            let error = #expect(throws: ExecutionError.self) { try model.run([input()]) }
            guard case .backend(let text) = error else {
                Issue.record("not a text of the runtime")
                return
            }
            #expect(text.hasSuffix("RuntimeError: Exception: two lines"))
        }

        @Test func stringsAreRefused() throws {
            let model = try Runtime.loadTorch("identity_float")
            #expect(throws: ExecutionError.backend("Unsupported code 7")) {
                try model.run([.strings([1], ["a"])])
            }
        }

        /// In a loop, and in one that another function forks.
        @Test(arguments: ["spin", "spin_forked"])
        func runsThatTakeTooLongAreStopped(_ name: String) throws {
            let model = try Runtime.loadTorch(name)
            let slot = TestSlot()
            for _ in 0..<2 {
                #expect(
                    throws: ExecutionError.backend("Exiting due to terminate flag being set to true")
                ) {
                    try slot.runStopped(model, [.int64s([1], [1 << 50])])
                }
            }
        }
    }
}
