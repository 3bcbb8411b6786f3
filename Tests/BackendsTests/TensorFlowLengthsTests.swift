import Testing

@testable import Backends

/// Lengths of spectra that cannot be 0.
extension BackendsTests {
    @Suite
    struct TensorFlowLengthsTests {
        private static func text(_ field: UInt64, _ text: String) -> [UInt8] {
            Wire.message(field, Array(text.utf8))
        }

        private static func attribute(_ name: String, _ value: [UInt8]) -> [UInt8] {
            Wire.message(5, text(1, name) + Wire.message(2, value))
        }

        private static func node(
            _ name: String, _ operation: String, _ inputs: [String] = [], _ attributes: [UInt8] = []
        ) -> [UInt8] {
            text(1, name) + text(2, operation) + inputs.flatMap { text(3, $0) } + attributes
        }

        /// A constant of 32 bits, with these fields beside its type.
        private static func constant(_ name: String, _ fields: [UInt8]) -> [UInt8] {
            node(name, "Const", [], attribute("value", Wire.message(8, Wire.number(1, 3) + fields)))
        }

        private static func number(_ name: String, _ value: Int64) -> [UInt8] {
            constant(name, Wire.number(7, UInt64(bitPattern: value)))
        }

        private static func refusal(
            _ nodes: [[UInt8]], inputs: [String] = [], parameters: [String]? = nil
        ) throws -> TensorFlowRefusal? {
            var bytes = nodes.flatMap { Wire.message(1, $0) }
            if let parameters {
                let arguments = parameters.flatMap { Wire.message(2, text(1, $0)) }
                let signature = Wire.message(1, text(1, "f") + arguments)
                bytes = Wire.message(2, Wire.message(1, signature + nodes.flatMap { Wire.message(3, $0) }))
            }
            var graph = TensorFlowGraph()
            try graph.read(bytes.span, 0..<bytes.count)
            do throws(TensorFlowRefusal) {
                try TensorFlowLengths.check(graph, inputs: inputs)
                return nil
            } catch {
                return error
            }
        }

        private static let refused = TensorFlowRefusal.length(node: "y")
        static let operations = ["RFFT", "RFFT2D", "RFFT3D", "IRFFT", "IRFFT2D", "IRFFT3D"]

        @Test(arguments: operations)
        func aConstantAboveZeroIsTaken(_ operation: String) throws {
            let spectrum = Self.node("y", operation, ["x", "n"])
            #expect(try Self.refusal([spectrum, Self.number("n", 512)]) == nil)
            let packed = Wire.message(7, [8, 8, 8])
            #expect(try Self.refusal([spectrum, Self.constant("n", packed)]) == nil)
            let content = Wire.message(4, [0, 2, 0, 0, 0, 2, 0, 0])
            #expect(try Self.refusal([spectrum, Self.constant("n", content)]) == nil)
            let list = Self.node("n", "Pack", ["a", "b"])
            #expect(try Self.refusal([spectrum, list, Self.number("a", 1), Self.number("b", 2)]) == nil)
            #expect(try Self.refusal([spectrum, Self.number("n", 512)], parameters: ["x"]) == nil)
        }

        @Test(arguments: operations)
        func whatMayBeZeroIsRefused(_ operation: String) throws {
            let spectrum = Self.node("y", operation, ["x", "n"])
            for number in [0, -1, 1 << 32] as [Int64] {
                #expect(try Self.refusal([spectrum, Self.number("n", number)]) == Self.refused)
            }
            for fields in [[], Wire.message(7, [8, 0]), Wire.message(4, [0, 2, 0, 0, 0, 0, 0, 0])] {
                #expect(try Self.refusal([spectrum, Self.constant("n", fields)]) == Self.refused)
            }
            #expect(try Self.refusal([spectrum, Self.node("n", "Placeholder")]) == Self.refused)
            #expect(try Self.refusal([spectrum]) == Self.refused)
            #expect(try Self.refusal([spectrum], parameters: ["x", "n"]) == Self.refused)
            let list = Self.node("n", "Pack", ["a", "x"])
            #expect(try Self.refusal([spectrum, list, Self.number("a", 1)]) == Self.refused)
        }

        @Test func aConstantForWhichValuesAreGivenIsRefused() throws {
            let nodes = [Self.node("y", "RFFT", ["x", "n"]), Self.number("n", 512)]
            #expect(try Self.refusal(nodes, inputs: ["x:0"]) == nil)
            #expect(try Self.refusal(nodes, inputs: ["x:0", "n:0"]) == Self.refused)
        }

        /// A reader makes one tensor of both, or takes the placeholder.
        @Test func anAttributeHasOneValue() throws {
            let spectrum = Self.node("y", "RFFT2D", ["x", "n"])
            let tensor = Wire.message(8, Wire.number(1, 3) + Wire.number(7, 5))
            for other in [tensor, Self.text(9, "v"), Wire.number(3, 1)] {
                let constant = Self.node("n", "Const", [], Self.attribute("value", tensor + other))
                #expect(throws: TensorFlowRefusal.malformed) { try Self.refusal([spectrum, constant]) }
            }
        }

        /// As `tf.signal.rfft2d` has it where it is given no length.
        @Test func theSizeOfWhatIsTransformedIsTaken() throws {
            func nodes(_ operation: String, of sized: String = "x", from first: Int64 = -2) -> [[UInt8]] {
                let mask = Self.attribute("end_mask", Wire.number(3, 1))
                return [
                    Self.node("y", operation, ["x", "n"]), Self.node("s", "Shape", [sized]),
                    Self.node("n", "StridedSlice", ["s", "first", "last", "steps"], mask),
                    Self.number("first", first), Self.number("last", 0), Self.number("steps", 1),
                ]
            }
            #expect(try Self.refusal(nodes("RFFT2D")) == nil)
            #expect(try Self.refusal(nodes("RFFT2D", of: "z")) == Self.refused)
            #expect(try Self.refusal(nodes("RFFT2D", from: -1)) == Self.refused)
            #expect(try Self.refusal(nodes("RFFT", from: -1)) == nil)
            #expect(try Self.refusal(nodes("IRFFT2D")) == Self.refused)
            #expect(try Self.refusal(nodes("RFFT2D"), inputs: ["s"]) == Self.refused)
        }

        @Test func theClientReadsWhatIsWrong() {
            #expect(
                Self.refused.text
                    == "ERR node \"y\" of the TF graph has an fft_length that is no constant above 0")
        }
    }
}
