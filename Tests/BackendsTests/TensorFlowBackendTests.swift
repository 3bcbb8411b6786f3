import Execution
import Foundation
import Tensors
import Testing

@testable import Backends

/// How TensorFlow takes graphs: which run, what the others are told.
extension BackendsTests {
    @Suite
    struct TensorFlowBackendTests {
        static func load(
            _ bytes: [UInt8], _ inputs: [String], _ outputs: [String]
        ) throws -> any LoadedModel {
            try Runtime.tensorFlow().load(
                .of(bytes, backend: .tensorFlow, inputNames: inputs, outputNames: outputs))
        }

        static func load(_ name: String, _ inputs: [String], _ outputs: [String]) throws -> any LoadedModel {
            try load(Fixture.file("tensorflow/\(name)"), inputs, outputs)
        }

        /// The text of the error that loading ends with; nil if it succeeds.
        static func refusal(_ name: String, _ inputs: [String], _ outputs: [String]) -> String? {
            do {
                _ = try load(name, inputs, outputs)
                return nil
            } catch {
                guard case .backend(let text) = error as? ExecutionError else { return "\(error)" }
                return text
            }
        }

        @Test func aNodeThatIsNotThereIsNamed() {
            #expect(
                Self.refusal("mul.pb", ["a", "nowhere"], ["c"])
                    == "ERR Input node named \"nowhere\" not found in TF graph.")
            #expect(
                Self.refusal("mul.pb", ["a", "b"], ["nowhere"])
                    == "ERR Output node named \"nowhere\" not found in TF graph")
        }

        @Test func anInputMustBeAPlaceholder() {
            #expect(
                Self.refusal("mul.pb", ["a", "c"], ["c"])
                    == "ERR Input node named \"c\" not found in TF graph.")
        }

        @Test func severalOutputsOfANodeAreNamedByTheirNumbers() throws {
            let model = try Self.load("parts.pb", ["x"], ["halves:1", "halves:0", "halves"])
            let outputs = try model.run([.floats([1, 4], [1, 2, 3, 4])])
            #expect(outputs.map { $0?.floats } == [[3, 4], [1, 2], [1, 2]])
            #expect(
                Self.refusal("parts.pb", ["x"], ["halves:2"])
                    == "ERR Output node named \"halves:2\" not found in TF graph")
        }

        @Test func aNameWithANULIsNotFound() {
            #expect(
                Self.refusal("mul.pb", ["a\0", "b"], ["c"])
                    == "ERR Input node named \"a\0\" not found in TF graph.")
        }

        @Test func bothBranchesOfAChoiceRun() throws {
            let model = try Self.load("choice.pb", ["x", "which"], ["y"])
            let x = try Tensor.floats([2], [1, 2])
            #expect(try model.run([x, .of(.bool, [], [1])])[0]?.floats == [2, 4])
            #expect(try model.run([x, .of(.bool, [], [0])])[0]?.floats == [-1, -2])
        }

        @Test(arguments: ["count.pb", "count_in_frames.pb"])
        func bothKindsOfLoopsEndAndAreStopped(_ name: String) throws {
            let model = try Self.load(name, ["count"], ["total"])
            let slot = TestSlot()
            let few = try Tensor.int64s([1], [1000])
            #expect(try slot.run(model, [few])[0]?.bytes == few.bytes)
            let forever = try Tensor.int64s([1], [1 << 50])
            #expect(throws: ExecutionError.self) { try slot.runStopped(model, [forever]) }
            #expect(try slot.run(model, [few])[0]?.bytes == few.bytes)
        }

        /// A stop closes the session, which all threads share.
        @Test func runsBesideOneThatIsStoppedEndWell() throws {
            let model = try Self.load("count.pb", ["count"], ["total"])
            let forever = try Tensor.int64s([1], [1 << 50])
            let some = try Tensor.int64s([1], [5_000])
            let isStopped = Locked<Bool?>(nil)
            let results = Locked<[Bool]>([])
            inParallel(4) { thread in
                if thread == 0 {
                    let outputs = try? TestSlot().runStopped(model, [forever])
                    isStopped.withLock { $0 = outputs == nil }
                } else {
                    // Some of them at the time of the stop, whenever it comes, and some after it.
                    var left = 5
                    while left > 0 {
                        if isStopped.withLock({ $0 != nil }) { left -= 1 }
                        let outputs = try? model.run([some])
                        results.withLock { $0.append(outputs?[0]?.bytes == some.bytes) }
                    }
                }
            }
            #expect(isStopped.withLock { $0 } == true)
            #expect(results.withLock { $0 }.allSatisfy { $0 })
        }

        @Test func stringsOfAnyLengthGoInAndComeOut() throws {
            let model = try Self.load("string_concat.pb", ["a", "b"], ["joined"])
            let words = ["", "short", String(repeating: "long ", count: 1000)]
            let outputs = try model.run([.strings([3], words), .strings([3], ["x", "", "y"])])
            let expected = try Tensor.strings([3], zip(words, ["x", "", "y"]).map(+))
            #expect(outputs[0]?.bytes == expected.bytes)
        }

        @Test func anotherNumberOfRowsComesOut() throws {
            let model = try Self.load("rows_filter.pb", ["x"], ["y"])
            #expect(try model.run([.floats([4], [1, -1, 2, -2])])[0]?.floats == [1, 2])
            #expect(try model.run([.floats([1], [-1])])[0]?.dimensions == [0])
        }

        @Test func aWrongInputIsToldByItsName() throws {
            let model = try Self.load("sum_difference.pb", ["a", "b"], ["sum"])
            let right = try Tensor.floats([1, 2], [1, 2])
            let wrong = try Tensor.floats([3], [1, 2, 3])
            #expect(
                throws: ExecutionError.backend("ERR input 'b' has shape [3], the model takes [?, 2]")
            ) { try model.run([right, wrong]) }
            #expect(
                throws: ExecutionError.backend("ERR input 'a' has type INT64, the model takes FLOAT")
            ) { try model.run([.of(.int64, [1, 2], [UInt8](repeating: 0, count: 16)), right]) }
        }

        @Test func theVersionIsTheLibrarysOwn() throws {
            #expect(try Runtime.tensorFlow().version == "2.21.0")
        }
    }
}
