import Execution
import Tensors
import Testing

@testable import Backends

/// What is particular to ONNX Runtime's way of running models.
extension BackendsTests {
    @Suite
    struct ONNXRuntimeSessionTests {
        /// Each model twice and more: the first run decides whether outputs are written in place.
        private func outputs(_ model: String, _ inputs: [[Tensor]]) throws -> [[[Float]?]] {
            let loaded = try Runtime.load(model)
            return try inputs.map { try loaded.run($0).map { $0?.floats } }
        }

        private let ramp = Result { try Tensor.floats([4], [1, 2, 3, 4]) }

        @Test func anOutputThatIsAnInputIsGiven() throws {
            let x = try ramp.get()
            for outputs in try outputs("backend/passed_through", [[x], [x], [x]]) {
                #expect(outputs == [[1, 2, 3, 4], [2, 4, 6, 8]])
            }
        }

        @Test func anOutputThatIsListedTwiceIsGivenTwice() throws {
            let x = try ramp.get()
            for outputs in try outputs("backend/listed_twice", [[x], [x], [x]]) {
                #expect(outputs == [[2, 4, 6, 8], [2, 4, 6, 8]])
            }
        }

        @Test func anOutputThatIsAWeightIsGiven() throws {
            let x = try ramp.get()
            for outputs in try outputs("backend/weight_as_output", [[x], [x], [x]]) {
                #expect(outputs == [[5, 6, 7, 8], [6, 8, 10, 12]])
            }
        }

        @Test func aModelWithoutInputsRuns() throws {
            for outputs in try outputs("backend/constant_only", [[], [], []]) {
                #expect(outputs == [[5, 6]])
            }
        }

        @Test func anOutputMayHaveAnotherShapeThanDeclared() throws {
            let model = try Runtime.load("backend/wrong_fixed_shape")
            for values: [Float] in [[1, 2], [1, 2, 3], [1], [1, 2]] {
                let output = try model.run([.floats([values.count], values)])[0]
                #expect(output?.dimensions == [2 * values.count])
                #expect(output?.floats == values + values)
            }
        }

        @Test func anOutputMayStopKeepingToItsDeclaredShape() throws {
            let model = try Runtime.load("backend/wrong_named_shape")
            for values: [Float] in [[1, 2, 3], [1, 2], [1, -2, 3], [-1, -2], [4, 5]] {
                let output = try model.run([.floats([values.count], values)])[0]
                #expect(output?.floats == values.filter { $0 > 0 })
            }
        }

        @Test func aDeclaredShapeBeyondAllMemoryDoesNoHarm() throws {
            let x = try ramp.get()
            for outputs in try outputs("backend/huge_declared_shape", [[x], [x]]) {
                #expect(outputs == [[1, 2, 3, 4]])
            }
        }

        @Test func anOutputWithoutRowsIsAnOrdinaryTensor() throws {
            let model = try Runtime.load("rows_filter")
            for _ in 0..<2 {
                let output = try model.run([.floats([2, 2], [-1, 2, -3, 4])])[0]
                #expect(output?.dimensions == [0, 2])
                #expect(output?.bytes == [])
            }
            #expect(try model.run([.floats([2, 2], [-1, 2, 3, 4])])[0]?.floats == [3, 4])
        }

        @Test func outputsThatAreNoTensorsAreNil() throws {
            let features = try Tensor.floats([2, 3], [9, 0, 0, 0, 0, 9])
            let model = try Runtime.load("zipmap_classifier")
            #expect(model.outputs.map(\.type) == [.int64, nil])
            for _ in 0..<2 {
                let outputs = try model.run([features])
                #expect(outputs[0]?.bytes == (try Tensor.int64s([2], [10, 30])).bytes)
                #expect(outputs[1] == nil)
            }
        }

        @Test func aSequenceIsNilAndDoesNotDisturbItsNeighbour() throws {
            let x = try Tensor.floats([2, 2], [1, 2, 3, 4])
            for outputs in try outputs("sequence_output", [[x], [x]]) {
                #expect(outputs == [nil, [1, 2, 3, 4]])
            }
        }

        @Test func anOptionalOutputIsItsTensorOrNil() throws {
            let x = try ramp.get()
            let two = try Tensor.floats([2], [7, 8])
            for outputs in try outputs("optional_output", [[two], [two]]) {
                #expect(outputs == [[7, 8], [7, 8]])
            }
            for outputs in try outputs("backend/empty_optional", [[x], [x]]) {
                #expect(outputs == [nil, [1, 2, 3, 4]])
            }
        }

        @Test func anInputThatIsNoTensorIsRefused() throws {
            let model = try Runtime.load("sequence_input")
            #expect(model.inputs[0].type == nil)
            #expect(throws: ExecutionError.self) { try model.run([ramp.get()]) }
        }

        @Test func anElementTypeThatWeDoNotHaveIsNamed() throws {
            let model = try Runtime.load("float8_out")
            #expect(model.outputs[0].type == nil)
            let text = "ERR element type of output 'y' is not supported: ONNX type 17"
            #expect(throws: ExecutionError.backend(text)) { try model.run([ramp.get()]) }
        }

        @Test func halfFloatsComeOut() throws {
            for (model, type, one) in [
                ("float16_out", DataType.float16, [UInt8(0x00), 0x3C]),
                ("bfloat16_out", .bfloat16, [0x80, 0x3F]),
            ] {
                let loaded = try Runtime.load(model)
                for _ in 0..<2 {
                    let output = try loaded.run([.floats([1], [1])])[0]
                    #expect(output?.type == type)
                    #expect(output?.bytes == one)
                }
            }
        }

        @Test func truthValuesComeOut() throws {
            let model = try Runtime.load("backend/negation")
            for _ in 0..<2 {
                #expect(try model.run([.of(.bool, [3], [1, 0, 1])])[0]?.bytes == [0, 1, 0])
            }
        }

        @Test func stringsAreComputed() throws {
            let model = try Runtime.load("string_concat")
            for _ in 0..<2 {
                let outputs = try model.run([.strings([3], ["a", "", "é"]), .strings([3], ["b", "", "!"])])
                #expect(outputs[0]?.bytes == Array("ab\0\0é!\0".utf8))
            }
        }

        @Test func aStringWithANulIsRefused() throws {
            let model = try Runtime.load("backend/nul_in_string")
            let text = "ERR output 'y' has a string that contains a NUL byte"
            #expect(throws: ExecutionError.backend(text)) { try model.run([]) }
        }

        @Test func aShapeErrorIsTheRuntimesInOneLine() throws {
            let model = try Runtime.load("mul_2x2")
            let right = try Tensor.floats([2, 2], [1, 2, 3, 4])
            let text =
                "Got invalid dimensions for input: b for the following indices"
                + "  index: 0 Got: 3 Expected: 2  Please fix either the inputs/outputs or the model."
            for _ in 0..<2 {
                #expect(throws: ExecutionError.backend(text)) {
                    try model.run([right, .floats([3, 2], [1, 2, 3, 4, 5, 6])])
                }
                #expect(try model.run([right, right])[0]?.floats == [1, 4, 9, 16])
            }
        }

        @Test func aRankErrorIsTheRuntimes() throws {
            let model = try Runtime.load("mul_2x2")
            let text =
                "Invalid rank for input: b Got: 1 Expected: 2"
                + " Please fix either the inputs/outputs or the model."
            #expect(throws: ExecutionError.backend(text)) {
                try model.run([.floats([2, 2], [1, 2, 3, 4]), ramp.get()])
            }
        }

        @Test func aTypeErrorIsTheRuntimes() throws {
            let model = try Runtime.load("identity_double")
            let text = "Unexpected input data type. Actual: (tensor(float)) , expected: (tensor(double))"
            #expect(throws: ExecutionError.backend(text)) { try model.run([ramp.get()]) }
        }

        @Test func memoryThatCannotBeHadIsAnError() throws {
            let model = try Runtime.load("endless_shape")
            let used = try Runtime.onnx().memoryByteCount
            for _ in 0..<2 {
                #expect(throws: ExecutionError.outOfMemory) { try model.run([.floats([1], [1])]) }
            }
            #expect(try Runtime.onnx().memoryByteCount == used)
        }

        @Test func namedDimensionsAreUnknown() throws {
            let model = try Runtime.load("classifier_30_64_32_2")
            #expect(model.inputs[0].dimensions == [nil, 30])
            #expect(model.outputs[0].dimensions == [nil, 2])
        }

        @Test func theFirstRunDecidesTheNextOnesAreInPlace() throws {
            let session = try #require(try Runtime.load("classifier_30_64_32_2") as? ONNXRuntimeSession)
            let input = try Tensor.floats([2, 30], (0..<60).map { Float($0) / 60 })
            #expect(session.placement.load(ordering: .relaxed) == .untried)
            let copied = try session.run([input])
            #expect(session.placement.load(ordering: .relaxed) == .inPlace)
            let inPlace = try session.run([input])
            #expect(copied[0]?.bytes == inPlace[0]?.bytes)
            #expect(copied[0]?.floats.reduce(0, +).rounded() == 2)
        }

        @Test func aWrongDeclarationMakesOutputsCopied() throws {
            let session = try #require(try Runtime.load("backend/wrong_fixed_shape") as? ONNXRuntimeSession)
            _ = try session.run([ramp.get()])
            #expect(session.placement.load(ordering: .relaxed) == .copied)
        }

        @Test func aDeclarationThatProvesWrongLaterMakesOutputsCopied() throws {
            let session = try #require(try Runtime.load("backend/wrong_named_shape") as? ONNXRuntimeSession)
            _ = try session.run([ramp.get()])
            #expect(session.placement.load(ordering: .relaxed) == .inPlace)
            _ = try session.run([.floats([2], [1, -1])])
            #expect(session.placement.load(ordering: .relaxed) == .copied)
        }

        @Test func aWrongInputDoesNotMakeOutputsCopied() throws {
            let session = try #require(try Runtime.load("mul_2x2") as? ONNXRuntimeSession)
            let right = try Tensor.floats([2, 2], [1, 2, 3, 4])
            _ = try session.run([right, right])
            _ = try? session.run([right, ramp.get()])
            #expect(session.placement.load(ordering: .relaxed) == .inPlace)
        }

        @Test func aStopDoesNotMakeOutputsCopiedAndIsTheRuntimesWords() throws {
            let session = try #require(try Runtime.load("spin") as? ONNXRuntimeSession)
            let few = try Tensor.int64s([1], [10])
            let slot = TestSlot()
            _ = try slot.run(session, [few])
            #expect(session.placement.load(ordering: .relaxed) == .inPlace)
            let error = #expect(throws: ExecutionError.self) {
                _ = try slot.runStopped(session, [.int64s([1], [1 << 50])])
            }
            let words = String(describing: error)
            #expect(words.contains("Exiting due to terminate flag being set to true"))
            #expect(session.placement.load(ordering: .relaxed) == .inPlace)
            #expect(try slot.run(session, [few])[0]?.bytes == few.bytes)
        }

        @Test func aThreadsInterruptIsMadeOnce() throws {
            let model = try Runtime.load("add_1")
            let slot = TestSlot()
            _ = try slot.run(model, [.floats([2], [1, 2])])
            let first = slot.interrupt
            _ = try slot.run(model, [.floats([2], [1, 2])])
            #expect(first != nil)
            #expect(slot.interrupt === first)
        }

        @Test(arguments: ["identity_string", "backend/nul_in_string", "backend/listed_twice"])
        func whatCannotBeWrittenInPlaceIsNotTried(_ name: String) throws {
            let session = try #require(try Runtime.load(name) as? ONNXRuntimeSession)
            #expect(session.placement.load(ordering: .relaxed) == .copied)
        }
    }
}
