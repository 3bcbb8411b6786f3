import Testing

@testable import Backends

/// Files of a few megabytes whose parts name each other again and again: looked at one by one, each pair of
/// them, they would take hours.
extension BackendsTests {
    @Suite
    struct ONNXScanCostTests {
        private static let count = 40_000
        static let own = "com.microsoft"

        static func text(_ field: UInt64, _ text: String) -> [UInt8] {
            Wire.message(field, Array(text.utf8))
        }

        private static func repeated(_ part: [UInt8]) -> [UInt8] {
            Array([[UInt8]](repeating: part, count: count).joined())
        }

        static func node(
            _ operation: String, _ inputs: [String], _ output: String, domain: String = "",
            attribute: [UInt8] = []
        ) -> [UInt8] {
            let names = inputs.flatMap { text(1, $0) } + text(2, output)
            let attributes = attribute.isEmpty ? [] : Wire.message(5, attribute)
            return names + text(4, operation) + attributes + text(7, domain)
        }

        static func constant(_ name: String, _ shape: [UInt64]) -> [UInt8] {
            Wire.message(5, shape.flatMap { Wire.number(1, $0) } + text(8, name))
        }

        private static func scan(
            _ graph: [UInt8], functions: [UInt8] = []
        ) -> Result<ONNXModelScan, ONNXModelScan.Refusal> {
            let model = Wire.message(7, graph) + functions
            do throws(ONNXModelScan.Refusal) { return .success(try ONNXModelScan(model.span)) } catch {
                return .failure(error)
            }
        }

        private static func refusal(_ graph: [UInt8], functions: [UInt8] = []) -> ONNXModelScan.Refusal? {
            switch scan(graph, functions: functions) {
            case .success: nil
            case .failure(let refusal): refusal
            }
        }

        @Test func constantsOfOneNameAndShapeAreOne() {
            let product = Self.node("DynamicQuantizeMatMul", ["x", "w", "s"], "y", domain: Self.own)
            let constants =
                Self.repeated(Self.constant("w", [2, 2])) + Self.repeated(Self.constant("s", [1]))
            #expect(Self.refusal(constants + Self.repeated(Wire.message(1, product))) == nil)
        }

        @Test(arguments: [8, 9])
        func aNameWithManyShapesIsNotKnown(_ count: UInt64) {
            let weights = (1...count).flatMap { Self.constant("w", [$0, 2]) }
            let scale = Self.constant("s", [1])
            let product = Self.node("DynamicQuantizeMatMul", ["x", "w", "s"], "y", domain: Self.own)
            let axis = Self.text(1, "axis") + Wire.number(3, 0)
            let unique = Self.node("Unique", ["w"], "y", attribute: axis)
            for (node, operation, input) in [(product, "DynamicQuantizeMatMul", 1), (unique, "Unique", 0)] {
                let expected = ONNXModelScan.Refusal.node("", operation: operation, lacks: "input \(input)")
                let refusal = Self.refusal(weights + scale + Wire.message(1, node))
                #expect(refusal == (count > 8 ? expected : nil))
            }
        }

        @Test(arguments: [32, 33])
        func aShapeOfManyDimensionsIsNotKnown(_ count: Int) {
            let unique = Self.node(
                "Unique", ["w"], "y", attribute: Self.text(1, "axis") + Wire.number(3, 0))
            let weights = Self.constant("w", [UInt64](repeating: 1, count: count))
            let expected = ONNXModelScan.Refusal.node("", operation: "Unique", lacks: "input 0")
            #expect(Self.refusal(weights + Wire.message(1, unique)) == (count > 32 ? expected : nil))
        }

        @Test func whatCallsGiveIsNotLookedAtWithoutEnd() {
            let given = Self.text(1, "a") + Wire.key(2, 5) + [0, 0, 0x80, 0x3F]
            let call = Wire.message(1, Self.node("F", [], "y", domain: "own", attribute: given))
            let taken = Self.text(1, "scale") + Self.text(21, "a")
            let normal = Self.node("RandomNormal", [], "y", attribute: taken)
            func function(_ name: String, _ nodes: [UInt8]) -> [UInt8] {
                Wire.message(25, Self.text(1, name) + nodes + Self.text(10, "own"))
            }
            let small = function("F", Wire.message(7, normal))
            let large = function("G", Self.repeated(Wire.message(7, normal)))
            #expect(Self.refusal(call, functions: small + large) == nil)
            #expect(Self.refusal(Self.repeated(call), functions: small + large) == .expansion)
        }

        @Test func productsOfOneNameAreNotFused() throws {
            let product = Wire.message(1, Self.node("MatMulInteger", ["x", "w"], "y"))
            let cast = Wire.message(1, Self.node("Cast", ["y"], "c"))
            let scaled = Wire.message(1, Self.node("Mul", ["c", "s"], "z"))
            let constants = Self.constant("w", [2, 2]) + Self.constant("s", [1])
            let one = constants + product + cast + scaled
            #expect(try Self.scan(one).get().mayFuseProducts)
            let many = constants + [product, cast, scaled].flatMap(Self.repeated)
            #expect(try !Self.scan(many).get().mayFuseProducts)
        }
    }
}
