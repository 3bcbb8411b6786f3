import Testing

@testable import Backends

/// Which graphs' time follows from shapes, whatever values are given for which nodes.
extension BackendsTests {
    @Suite
    struct TensorFlowWorkTests {
        private static func node(_ name: String, _ operation: String, _ inputs: [String] = []) -> [UInt8] {
            let texts = [(1, name), (2, operation)] + inputs.map { (3, $0) }
            return Wire.message(1, texts.flatMap { Wire.message(UInt64($0.0), Array($0.1.utf8)) })
        }

        private static func isBounded(_ bytes: [UInt8], inputs: [String]) throws -> Bool {
            var graph = TensorFlowGraph()
            try graph.read(bytes.span, 0..<bytes.count)
            return TensorFlowWork(graph, inputs: inputs, outputs: ["y"]).isBounded
        }

        @Test func aConstantForWhichValuesAreGivenDoesNotDecide() throws {
            let graph =
                Self.node("x", "Placeholder") + Self.node("sizes", "Const")
                + Self.node("same", "Identity", ["sizes"]) + Self.node("y", "Fill", ["same", "x"])
            #expect(try Self.isBounded(graph, inputs: ["x"]))
            #expect(try !Self.isBounded(graph, inputs: ["x", "sizes"]))
            #expect(try !Self.isBounded(graph, inputs: ["sizes:0"]))
            #expect(try !Self.isBounded(graph, inputs: ["same:0"]))
        }

        @Test func aShapeForWhichValuesAreGivenDoesNotDecide() throws {
            let graph =
                Self.node("x", "Placeholder") + Self.node("s", "Shape", ["x"])
                + Self.node("y", "Fill", ["s", "x"])
            #expect(try Self.isBounded(graph, inputs: ["x:0"]))
            #expect(try !Self.isBounded(graph, inputs: ["x:0", "s:0"]))
        }

        @Test(arguments: ["FloorMod", "Mod", "TruncateMod"])
        func theRestOfADivisionOfGivenNumbersMayTakeLong(_ operation: String) throws {
            let graph =
                Self.node("x", "Placeholder") + Self.node("c", "Const")
                + Self.node("s", "Shape", ["x"])
            #expect(try !Self.isBounded(graph + Self.node("y", operation, ["x", "c"]), inputs: ["x"]))
            #expect(try Self.isBounded(graph + Self.node("y", operation, ["s", "c"]), inputs: ["x"]))
        }

        /// What draws until it fits may never end.
        @Test(arguments: [
            "RandomPoisson", "RandomPoissonV2", "StatelessRandomPoisson", "RandomGamma",
            "StatelessRandomGammaV2", "StatelessRandomGammaV3", "StatelessRandomBinomial",
            "ParameterizedTruncatedNormal", "StatelessParameterizedTruncatedNormal", "TruncatedNormal",
            "Multinomial", "RandomGammaGrad", "Igamma", "Betainc", "FFT", "RFFT", "IRFFT",
        ])
        func whatDrawsIsNotBounded(_ operation: String) throws {
            #expect(TensorFlowWorkRules.rule(operation) == nil)
        }
    }
}
