import Testing

@testable import Backends

/// Which models' time follows from shapes, where names could mislead.
extension BackendsTests {
    @Suite
    struct ONNXWorkScanTests {
        private static func text(_ field: UInt64, _ text: String) -> [UInt8] {
            Wire.message(field, Array(text.utf8))
        }

        private static func node(
            _ operation: String, _ inputs: [String], _ output: String, graphs: [[UInt8]] = []
        ) -> [UInt8] {
            let attributes = graphs.flatMap { Wire.message(5, text(1, "body") + Wire.message(6, $0)) }
            let names = inputs.flatMap { text(1, $0) } + text(2, output)
            return Wire.message(1, names + text(4, operation) + attributes)
        }

        private static func constant(_ name: String) -> [UInt8] { Wire.message(5, text(8, name)) }
        private static func input(_ name: String) -> [UInt8] { Wire.message(11, text(1, name)) }

        private static func isBounded(_ graph: [UInt8]) -> Bool {
            let model = Wire.message(7, graph)
            return ONNXWorkScan(model.span).isBounded
        }

        private static let expansion = input("x") + node("Expand", ["x", "a"], "y")

        @Test func aConstantMayDecide() {
            #expect(Self.isBounded(Self.expansion + Self.constant("a")))
            #expect(Self.isBounded(Self.expansion + Self.input("a") + Self.constant("a")))
            #expect(!Self.isBounded(Self.expansion + Self.input("a")))
        }

        @Test func aConstantOfABranchIsNoneOutside() {
            let choice = Self.node("If", ["c"], "z", graphs: [Self.constant("a"), Self.constant("b")])
            let ends = Self.input("x") + Self.constant("c")
            let expansion = Self.node("Expand", ["x", "a"], "y")
            #expect(Self.isBounded(ends + choice))
            #expect(!Self.isBounded(ends + choice + expansion))
            #expect(!Self.isBounded(ends + Self.input("a") + choice + expansion))
        }

        @Test(arguments: [input("a"), node("Neg", ["x"], "a"), constant("a") + input("a")])
        func whatABodyIsGivenIsNoConstant(_ definition: [UInt8]) {
            let body = definition + Self.node("Expand", ["x", "a"], "y")
            let outside = Self.input("x") + Self.node("Scan", ["x"], "z", graphs: [body])
            #expect(!Self.isBounded(outside))
            #expect(!Self.isBounded(outside + Self.constant("a")))
        }

        @Test func aBodyMayUseConstantsOfTheGraphAroundIt() {
            let body = Self.input("b") + Self.node("Expand", ["b", "a"], "c")
            let scan = Self.node("Scan", ["x"], "z", graphs: [body])
            let another = Self.node("Scan", ["x"], "w", graphs: [body])
            #expect(Self.isBounded(Self.input("x") + scan + another + Self.constant("a")))
        }

        @Test func theRestOfADivisionOfGivenNumbersMayTakeLong() {
            let rest = Self.input("x") + Self.node("Mod", ["x", "a"], "y") + Self.constant("a")
            #expect(!Self.isBounded(rest))
            let known = Self.input("x") + Self.node("Shape", ["x"], "s") + Self.node("Mod", ["s", "a"], "y")
            #expect(Self.isBounded(known + Self.constant("a")))
        }
    }
}
