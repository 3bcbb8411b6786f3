import Testing

@testable import Backends

/// A name that a run or a node may bring is no constant, though a constant somewhere has it as well.
extension BackendsTests {
    @Suite
    struct ONNXConstantsTests {
        private typealias Parts = ONNXScanCostTests

        private static func refusal(_ model: [UInt8]) -> ONNXModelScan.Refusal? {
            do throws(ONNXModelScan.Refusal) { _ = try ONNXModelScan(model.span) } catch { return error }
            return nil
        }

        private static func graph(_ content: [UInt8]...) -> [UInt8] {
            Wire.message(7, content.flatMap { $0 })
        }

        private static func input(_ name: String) -> [UInt8] { Wire.message(11, Parts.text(1, name)) }

        private static let product = Wire.message(
            1, Parts.node("DynamicQuantizeMatMul", ["x", "w", "s"], "y", domain: Parts.own))
        private static let constants = Parts.constant("w", [2, 2]) + Parts.constant("s", [1])
        private static let inputs = input("x") + input("w") + input("s")
        /// A node with the constants in a graph of its own.
        private static let branch = Wire.message(
            1, Parts.node("If", ["b"], "i", attribute: Parts.text(1, "then") + Wire.message(6, constants)))

        private static let refused = ONNXModelScan.Refusal.node(
            "", operation: "DynamicQuantizeMatMul", lacks: "input 1")

        @Test func constantsOfTheGraphAreKnown() {
            #expect(Self.refusal(Self.graph(Self.constants, Self.product)) == nil)
        }

        @Test func thoseOfOlderModelsAreInputsAsWell() {
            #expect(Self.refusal(Self.graph(Self.inputs, Self.constants, Self.product)) == nil)
        }

        @Test func inputsAreNoneThoughABranchHasSome() {
            #expect(Self.refusal(Self.graph(Self.branch, Self.product)) == nil)
            #expect(Self.refusal(Self.graph(Self.inputs, Self.branch, Self.product)) == Self.refused)
        }

        @Test func inputsOfABranchAreNone() {
            let body = Self.inputs + Self.constants + Self.product
            let node = Parts.node("Loop", [], "y", attribute: Parts.text(1, "body") + Wire.message(6, body))
            #expect(Self.refusal(Self.graph(Wire.message(1, node))) == Self.refused)
        }

        @Test func thoseOfTrainingAreNone() {
            let training = Wire.message(20, Wire.message(1, Self.constants))
            #expect(Self.refusal(Self.graph(Self.inputs, Self.product) + training) == Self.refused)
            #expect(Self.refusal(Self.graph(Self.product) + training) == Self.refused)
        }

        @Test func parametersOfAFunctionAreNone() {
            let body = Wire.message(7, Array(Self.product.dropFirst(2)))
            let parameters = ["x", "w", "s"].flatMap { Parts.text(4, $0) }
            let function = Wire.message(25, Parts.text(1, "f") + parameters + body)
            #expect(Self.refusal(Self.graph(Self.constants) + function) == Self.refused)
        }

        @Test func whatANodeGivesIsNone() {
            let node = Wire.message(1, Parts.node("Identity", ["x"], "w"))
            #expect(Self.refusal(Self.graph(Self.constants, node, Self.product)) == Self.refused)
        }

        @Test func aSparseConstantIsNone() {
            let sparse = Wire.message(15, Wire.message(1, Parts.text(8, "w")))
            #expect(Self.refusal(Self.graph(Self.constants, sparse, Self.product)) == Self.refused)
        }

        /// A node without inputs takes the name of what is left out, which a constant without a name has too.
        @Test func whatHasNoNameIsNone() throws {
            let nodes = [
                Parts.node("DequantizeLinear", ["x", "s"], "l"), Parts.node("DequantizeLinear", [], "r"),
                Parts.node("MatMul", ["l", "r"], "y"),
            ]
            let constants = Parts.constant("s", [1]) + Parts.constant("", [5])
            let model = Self.graph(nodes.flatMap { Wire.message(1, $0) }, constants)
            #expect(try !ONNXModelScan(model.span).mayFuseProducts)
        }
    }
}
