import Execution
import Tensors
import Testing

@testable import Backends

/// Outputs whose shapes LiteRT knows only during a run.
extension BackendsTests {
    @Suite
    struct LiteRTMeasuredOutputTests {
        static func load(_ name: String) throws -> any LoadedModel { try Runtime.loadTFLite(name) }

        static func numbers(_ values: [Int32]) throws -> Tensor {
            try .of(.int32, [values.count], bytes(of: values))
        }

        static func scalar(_ value: Int32) throws -> Tensor { try .of(.int32, [], bytes(of: [value])) }

        static func bytes(of values: [Int32]) -> [UInt8] {
            values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
        }

        static func rows(_ count: Int) throws -> (tensor: Tensor, values: [Float]) {
            let values = (0..<6 * count).map { Float($0 + 1) }
            return (try .floats([count, 2, 3], values), values)
        }

        static func check(_ model: any LoadedModel, rows: Int) throws {
            let (tensor, values) = try Self.rows(rows)
            let outputs = try model.run([tensor])
            #expect(outputs.map { $0?.dimensions } == [[rows, 6], [rows, 6]])
            #expect(outputs.map { $0?.floats } == [values, values.map { 2 * $0 }])
        }

        @Test func theClientSeesTheModelAsItIs() throws {
            let model = try Self.load("reshaped")
            #expect(model.inputs.map(\.name) == [Array("x".utf8)])
            #expect(model.outputs.map(\.name) == [Array("y".utf8), Array("twice".utf8)])
            #expect(model.outputs.map(\.dimensions) == [[nil, 6], [nil, 6]])
        }

        @Test func rowsMayChangeFromRunToRun() throws {
            let model = try Self.load("reshaped")
            for rows in [1, 3, 2, 1, 1000, 1, 1000, 7] { try Self.check(model, rows: rows) }
        }

        @Test func severalThreadsGetTheirOwn() throws {
            let model = try Self.load("reshaped")
            inParallel(4) { number in
                for turn in 0..<50 {
                    #expect(throws: Never.self) { try Self.check(model, rows: 1 + (number + turn) % 5) }
                }
            }
        }

        @Test(arguments: DataType.allCases.filter { $0 != .string })
        func everyTypeIsCopied(_ type: DataType) throws {
            let model = try Self.load("given_shape_\(type.wireName)".lowercased())
            let width = try #require(type.byteWidth)
            for dimensions in [[2, 3], [3, 2], [1, 6], [6, 1], [2, 2], [1, 1], [4, 5]] {
                let count = dimensions[0] * dimensions[1]
                let bytes = (0..<width * count).map { UInt8(type == .bool ? $0 % 2 : $0 % 127) }
                let input = try Tensor.of(type, [count], bytes)
                let output = try model.run([input, Self.numbers(dimensions.map { Int32($0) })])[0]
                #expect(output?.type == type)
                #expect(output?.dimensions == dimensions)
                #expect(output?.bytes == bytes)
            }
        }

        @Test func quantisedNumbersAreCopiedAsTheyAre() throws {
            let input = try Tensor.of(.int8, [4], [1, 127, 128, 255])
            let output = try Self.load("given_shape_quantized").run([input, Self.numbers([2, 2])])[0]
            #expect(output?.dimensions == [2, 2])
            #expect(output?.bytes == [1, 127, 128, 255])
        }

        @Test func aShapeMayDependOnValues() throws {
            let model = try Self.load("places")
            for places in [[0], [0, 1, 2], [1], [0, 2], [0, 1, 2]] {
                let truths = (0..<3).map { UInt8(places.contains($0) ? 1 : 0) }
                let output = try model.run([.of(.bool, [3], truths)])[0]
                #expect(output?.dimensions == [places.count, 1])
                #expect(output?.bytes == (try Tensor.int64s([places.count], places.map(Int64.init))).bytes)
            }
        }

        @Test func nothingIsWrittenBeyondTheMemoryOfAnOutput() throws {
            let model = try Self.load("places_in_a_long_graph")
            for count in [1, 300_000, 3, 300_001] {
                let truths = try Tensor.of(.bool, [count], [UInt8](repeating: 1, count: count))
                let outputs = try model.run([truths, .floats([4], [1, 2, 3, 4])])
                #expect(outputs[0]?.floats == [64, 128, 192, 256])
                #expect(outputs[1]?.dimensions == [count, 1])
                #expect(outputs[1]?.bytes == Self.bytes(of: (0..<Int32(count)).map { $0 }))
            }
        }

        @Test func aRangeIsAsLongAsItIs() throws {
            let model = try Self.load("counted")
            for limit: Int32 in [5, 1, 1000, 2] {
                let output = try model.run([Self.scalar(limit)])[0]
                #expect(output?.dimensions == [Int(limit)])
                #expect(output?.bytes == Self.bytes(of: Array(0..<limit)))
            }
        }

        @Test func boxesAreChosen() throws {
            let boxes = try Tensor.floats([3, 4], [0, 0, 1, 1, 0, 0, 1, 0.9, 5, 5, 6, 6])
            let model = try Self.load("chosen_boxes")
            for most: Int32 in [3, 2, 5] {
                let outputs = try model.run([boxes, .floats([3], [0.5, 0.9, 0.4]), Self.scalar(most)])
                #expect(outputs[0]?.dimensions == [Int(most)])
                #expect(outputs[0]?.bytes.prefix(8) == Self.bytes(of: [1, 2])[...])
                #expect(outputs[1]?.dimensions == [])
                #expect(outputs[1]?.bytes == Self.bytes(of: [2]))
            }
        }

        @Test func aShapeCanBeAnOutput() throws {
            let model = try Self.load("shape_of_input")
            for count in [1, 4] {
                let output = try model.run([Self.rows(count).tensor])[0]
                #expect(output?.bytes == Self.bytes(of: [Int32(count), 2, 3]))
            }
        }

        @Test func outputsOfAllKindsMayBeThere() throws {
            let model = try Self.load("measured_beside_others")
            #expect(model.outputs.map(\.name) == ["x", "c", "y", "z"].map { Array($0.utf8) })
            for dimensions: [Int32] in [[2, 3], [4, 1], [1, 1]] {
                let values = (0..<Int(dimensions[0] * dimensions[1])).map(Float.init)
                let outputs = try model.run([.floats([values.count], values), Self.numbers(dimensions)])
                #expect(outputs.map { $0?.floats } == [values, [5, 6], values, values.map { 2 * $0 }])
                #expect(outputs[2]?.dimensions == dimensions.map(Int.init))
            }
        }

        @Test func anOutputMayBeListedTwiceInAnotherGraph() throws {
            let model = try Self.load("measured_twice")
            #expect(model.inputs.map(\.name) == [Array("in".utf8), Array("wanted".utf8)])
            for dimensions: [Int32] in [[2, 3], [3, 2], [1, 2]] {
                let values = (0..<Int(dimensions[0] * dimensions[1])).map(Float.init)
                let outputs = try model.run([.floats([values.count], values), Self.numbers(dimensions)])
                #expect(outputs.map { $0?.floats } == [values, values])
                let expected = dimensions.map(Int.init)
                #expect(outputs.map { $0?.dimensions } == [expected, expected])
            }
        }

        @Test func anOutputWithoutElementsIsRefused() throws {
            let model = try Self.load("places")
            let text = "Failed to invoke TfLite: output 'y' has no elements, which LiteRT cannot give"
            for _ in 0..<2 {
                #expect(throws: ExecutionError.backend(text)) { try model.run([.of(.bool, [3], [0, 0, 0])]) }
                #expect(try model.run([.of(.bool, [3], [0, 1, 0])])[0]?.dimensions == [1, 1])
            }
        }

        @Test(arguments: [("wrong_rank", 4), ("not_a_scalar", 1)])
        func anotherRankThanDeclaredIsRefused(_ name: String, _ count: Int) throws {
            let model = try Self.load(name)
            let input = try Tensor.floats([count], .init(repeating: 1, count: count))
            let error = #expect(throws: ExecutionError.self) {
                try model.run([input, Self.numbers([1, Int32(count)])])
            }
            #expect("\(try #require(error))".contains("num_input_elements != num_output_elements"))
        }

        @Test func anotherShapeInEachRunIsRefused() throws {
            let text = "Failed to invoke TfLite: an output has another shape in each run"
            let model = try Self.load("random_rows")
            #expect(throws: ExecutionError.backend(text)) {
                // One of these at least: three times in a row the same number is rare.
                for _ in 0..<20 { _ = try model.run([.floats([1], [0.5])]) }
            }
        }

        @Test func theModelsOwnFailureIsTold() throws {
            let model = try Self.load("given_shape_float")
            let input = try Tensor.floats([6], [1, 2, 3, 4, 5, 6])
            let error = #expect(throws: ExecutionError.self) {
                try model.run([input, Self.numbers([2, 2])])
            }
            let text = "num_input_elements != num_output_elements (6 != 4)"
            #expect("\(try #require(error))".contains(text))
            #expect(try model.run([input, Self.numbers([2, 3])])[0]?.dimensions == [2, 3])
        }

        @Test(arguments: [
            ("measured_and_used", "in a graph that others use"),
            ("measured_beside_far_weights", "beside weights behind the model"),
        ])
        func whatCannotBeMeasuredIsRefused(_ name: String, _ reason: String) {
            let text =
                "ERR an output whose shape depends on values \(reason) is not supported in TFLITE models"
            #expect(throws: ExecutionError.backend(text)) { _ = try Self.load(name) }
        }

        @Test(arguments: [
            "sum_difference", "count", "matrix", "quantized_int8", "identity_float", "several_signatures",
            "weight_as_output",
        ])
        func aModelThatDoesNotNeedItStaysAsItIs(_ name: String) throws {
            let bytes = try Fixture.tflite(name)
            let findings = try LiteRTModelScan.check(bytes.span)
            #expect(try (LiteRTOutputCopies(bytes.span, findings) == nil) == (name != "count"))
        }
    }
}
