import Execution
import Tensors
import Testing

@testable import Backends

/// Small models over which the runtime never ends or ends the process are refused before it sees them.
extension BackendsTests {
    @Suite
    struct ONNXBombTests {
        private static func refusal(_ name: String) throws -> ONNXModelScan.Refusal? {
            let bytes = try Fixture.model("bombs/\(name)")
            do throws(ONNXModelScan.Refusal) {
                _ = try ONNXModelScan(bytes.span)
                return nil
            } catch {
                return error
            }
        }

        @Test(
            arguments: [
                ("doubling", .expansion), ("doubling_in_branches", .expansion), ("overflow", .expansion),
                ("deep_calls", .expansion), ("recursion", .recursion("f0")),
            ] as [(String, ONNXModelScan.Refusal)])
        func functionsThatGrowWithoutAnEndAreRefused(
            _ name: String, _ expected: ONNXModelScan.Refusal
        ) throws {
            #expect(try Self.refusal(name) == expected)
        }

        @Test(arguments: [
            ("einsum_bar", "Einsum", "attribute \"equation\""),
            ("einsum_minus", "Einsum", "attribute \"equation\""),
            ("einsum_dots", "Einsum", "attribute \"equation\""),
            ("einsum_in_function", "Einsum", "attribute \"equation\""),
            ("features_below_zero", "FeatureVectorizer", "attribute \"inputdimensions\""),
            ("features_for_others", "FeatureVectorizer", "attribute \"inputdimensions\""),
            ("features_without_end", "FeatureVectorizer", "attribute \"inputdimensions\""),
            ("gather_before_the_first", "GatherND", "attribute \"batch_dims\""),
            ("normal_without_deviation", "RandomNormalLike", "attribute \"scale\""),
            ("uniform_backwards", "RandomUniformLike", "attribute \"low\""),
            ("uniform_backwards_both", "RandomUniformLike", "attribute \"high\""),
            ("reverse_before_the_first", "ReverseSequence", "attribute \"time_axis\""),
            ("reverse_of_one_dimension", "ReverseSequence", "input 0"),
            ("unique_of_no_rows", "Unique", "input 0"), ("axis_left_out", "DFT", "input 2"),
            ("bias_left_out", "LayerNormalization", "input 2"),
            ("zero_point_missing", "QLinearSigmoid", "input 4"),
            ("table_of_many_scales", "QLinearWhere", "input 2"),
            ("weights_of_one_dimension", "DynamicQuantizeMatMul", "input 1"),
            ("weights_from_a_client", "MatMulIntegerToFloat", "input 1"),
            ("scale_of_rows", "DynamicQuantizeMatMul", "input 2"),
            ("scale_of_columns", "DynamicQuantizeMatMul", "input 2"),
            ("scale_of_none", "DynamicQuantizeMatMul", "input 2"),
            ("scale_from_a_client", "MatMulIntegerToFloat", "input 2"),
        ])
        func whatIsBelievedIsLookedAt(_ name: String, _ operation: String, _ lack: String) throws {
            let expected = ONNXModelScan.Refusal.node("", operation: operation, lacks: lack)
            #expect(try Self.refusal(name) == expected)
        }

        @Test func operatorsThatGoBeyondTheirMemoryAreRefused() throws {
            #expect(try Self.refusal("inverse") == .operation("Inverse"))
        }

        @Test func everyBombIsNamedInATest() throws {
            #expect(try Fixture.names(in: "bombs").count == 30)
        }

        @Test(arguments: try Fixture.names(in: "bombs/harmless"))
        func harmlessOnesRun(_ name: String) throws {
            let model = try Runtime.onnx().load(.of(try Fixture.model(name)))
            let outputs = try model.run([try Tensor.of(.float32, [2, 2], .init(repeating: 0, count: 16))])
            #expect(outputs.count == 1)
        }

        @Test func theClientReadsWhatIsWrong() throws {
            let bytes = try Fixture.model("bombs/einsum_bar")
            let text =
                "ERR node \"\" of the ONNX graph, of type Einsum, has no valid attribute \"equation\""
            #expect(throws: ExecutionError.backend(text)) { _ = try Runtime.onnx().load(.of(bytes)) }
        }

        @Test(arguments: [
            "ij,jk->ik", "ij,jk", "", "->", "i->", "ii", "...", "...ij->...ji", "i...,j...->ij...",
            " i j , j k -> i k ", "aZ,zA->aA", ",", "i,", ",->", "a,b,c,d->abcd",
        ])
        func equationsAreTaken(_ equation: String) {
            #expect(EinsumEquation.isValid(Array(equation.utf8)))
        }

        @Test(arguments: [
            "a|b", "i-j", "i-", ">", "i>j", "i->j->k", "i->j,k", "i--j", "i->-", "..", ".i", "....", "i.j.k.",
            ".i..", "......", "...i...", "1", "i\0", "é", "i\tj", "i->|", "(i)", "i->..",
        ])
        func otherSignsAreRefused(_ equation: String) {
            #expect(!EinsumEquation.isValid(Array(equation.utf8)))
        }
    }
}
