import Execution
import Synchronization
import Tensors
import Testing

@testable import Backends

/// Runs in a row with small inputs of the same shapes, which stay bound to the session.
extension BackendsTests {
    @Suite
    struct ONNXRuntimeBindingTests {
        /// More than it takes until values are bound.
        private static let many = 30

        private func session(_ model: String) throws -> ONNXRuntimeSession {
            try #require(try Runtime.load(model) as? ONNXRuntimeSession)
        }

        private func isBound(_ session: ONNXRuntimeSession) -> Bool {
            session.boundRuns?.hasBinding ?? false
        }

        /// Two rows for the classifier, or as many as asked for, that differ from number to number.
        private func rows(_ count: Int, _ number: Int) throws -> Tensor {
            try .floats([count, 30], (0..<30 * count).map { Float(($0 * 7 + number) % 31) / 31 })
        }

        @Test func eachRunHasItsOwnInputsAndOutputs() throws {
            let session = try session("sum_difference")
            let outputs = try (0..<Self.many).map { number in
                let a = try Tensor.floats([1, 2], [Float(number), 1])
                return try session.run([a, .floats([1, 2], [1, Float(number)])])
            }
            #expect(isBound(session))
            for (number, output) in outputs.enumerated() {
                let value = Float(number)
                #expect(output.map { $0?.floats } == [[value + 1, value + 1], [value - 1, 1 - value]])
            }
        }

        @Test func anotherShapeIsRunAndThenBound() throws {
            let session = try session("classifier_30_64_32_2")
            for count in [1, 2, 1, 3] {
                for number in 0..<Self.many {
                    let input = try rows(count, number)
                    // A session that has run once or twice has nothing bound.
                    let expected = try Runtime.load("classifier_30_64_32_2").run([input])
                    let output = try session.run([input])
                    #expect(output[0]?.dimensions == [count, 2])
                    for (value, one) in zip(output[0]?.floats ?? [], expected[0]?.floats ?? []) {
                        #expect(abs(value - one) < 1e-6)
                    }
                }
                #expect(isBound(session))
            }
        }

        @Test func shapesInTurnAreRun() throws {
            let session = try session("table_lookup")
            for number in 0..<3 * Self.many {
                let indices = (0..<number % 3).map { Int64($0) }
                let output = try session.run([.int64s([indices.count], indices)])[0]
                #expect(output?.floats == indices.map { Float(10 * ($0 + 1)) })
            }
        }

        @Test(arguments: [
            "backend/passed_through", "backend/listed_twice", "backend/weight_as_output",
            "backend/wrong_fixed_shape", "backend/huge_declared_shape", "backend/empty_optional",
        ])
        func everyRunGivesWhatTheFirstGives(_ model: String) throws {
            let session = try session(model)
            let x = try Tensor.floats([4], [1, 2, 3, 4])
            let first = try session.run([x]).map { $0?.floats }
            for _ in 0..<Self.many { #expect(try session.run([x]).map { $0?.floats } == first) }
        }

        @Test func aModelWithoutInputsRuns() throws {
            let session = try session("backend/constant_only")
            for _ in 0..<Self.many { #expect(try session.run([])[0]?.floats == [5, 6]) }
        }

        @Test func scalarsAreBound() throws {
            let session = try session("scalar_double")
            for number in 0..<Self.many {
                let output = try session.run([.floats([], [Float(number)])])[0]
                #expect(output?.dimensions == [])
                #expect(output?.floats == [Float(2 * number)])
            }
            #expect(isBound(session))
        }

        @Test func truthValuesAreBound() throws {
            let session = try session("backend/negation")
            for number in 0..<Self.many {
                let bit = UInt8(number % 2)
                #expect(try session.run([.of(.bool, [3], [1, bit, 1])])[0]?.bytes == [0, 1 - bit, 0])
            }
            #expect(isBound(session))
        }

        @Test func stringsAreNotBound() throws {
            let session = try session("string_concat")
            for _ in 0..<Self.many {
                let outputs = try session.run([.strings([1], ["a"]), .strings([1], ["b"])])
                #expect(outputs[0]?.bytes == Array("ab\0".utf8))
            }
            #expect(!isBound(session))
        }

        @Test func largeTensorsAreNotBound() throws {
            let session = try session("classifier_30_64_32_2")
            for number in 0..<Self.many { _ = try session.run([rows(40, number)]) }
            #expect(!isBound(session))
        }

        @Test func aFailedRunSaysWhyAndTheNextOnesSucceed() throws {
            let session = try session("table_lookup")
            let right = try Tensor.int64s([2], [0, 3])
            let wrong = try Tensor.int64s([2], [0, 9])
            let expected = #expect(throws: ExecutionError.self) {
                try Runtime.load("table_lookup").run([wrong])
            }
            for _ in 0..<3 {
                for _ in 0..<Self.many { #expect(try session.run([right])[0]?.floats == [10, 40]) }
                #expect(isBound(session))
                let error = #expect(throws: ExecutionError.self) { try session.run([wrong]) }
                #expect(error == expected)
                #expect(!isBound(session))
            }
        }

        @Test func aShapeThatStopsBeingAsDeclaredIsGiven() throws {
            let session = try session("backend/wrong_named_shape")
            for _ in 0..<Self.many { _ = try session.run([.floats([2], [1, 2])]) }
            #expect(isBound(session))
            for values: [Float] in [[1, -2], [-1, -2], [1, 2]] {
                #expect(try session.run([.floats([2], values)])[0]?.floats == values.filter { $0 > 0 })
            }
        }

        @Test func aBoundRunIsStopped() throws {
            let session = try session("spin")
            let few = try Tensor.int64s([1], [10])
            let slot = TestSlot()
            for _ in 0..<2 {
                for _ in 0..<Self.many { _ = try slot.run(session, [few]) }
                #expect(isBound(session))
                let error = #expect(throws: ExecutionError.self) {
                    _ = try slot.runStopped(session, [.int64s([1], [1 << 50])])
                }
                #expect(String(describing: error).contains("Exiting due to terminate flag being set to true"))
            }
            #expect(try slot.run(session, [few])[0]?.bytes == few.bytes)
        }

        @Test func overlappingRunsHaveTheirOwnValues() throws {
            let session = try session("mul_pairs")
            let wrongCount = Atomic<Int>(0)
            inParallel(4) { thread in
                for number in 0..<2000 {
                    let values = [Float(thread), Float(number)]
                    let outputs = try? session.run([.floats([2], values), .floats([2], [3, 2])])
                    let isRight = outputs?.first??.floats == [3 * values[0], 2 * values[1]]
                    if !isRight { wrongCount.wrappingAdd(1, ordering: .relaxed) }
                }
            }
            #expect(wrongCount.load(ordering: .relaxed) == 0)
            #expect(isBound(session))
        }

        @Test func whatIsBoundGoesWithItsSession() throws {
            let used = try Runtime.onnx().memoryByteCount
            for _ in 0..<3 {
                let session = try session("mul_pairs")
                let x = try Tensor.floats([2], [1, 2])
                for _ in 0..<Self.many { _ = try session.run([x, x]) }
                #expect(isBound(session))
            }
            #expect(try Runtime.onnx().memoryByteCount == used)
        }
    }
}
