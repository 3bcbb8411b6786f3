import Tensors
import Testing

@testable import Backends

/// Products and their scales become one operator only where that has room for them.
extension BackendsTests {
    @Suite
    struct ONNXProductTests {
        /// Models of `products`, whether they may be fused, and what they make of 0 and 255.
        static let cases: [(name: String, mayFuse: Bool, shape: [Int], result: [Float])] = [
            ("dequantized_columns", true, [1, 2], [255, 510]),
            ("dequantized_number", true, [1, 2], [510, 510]),
            ("dequantized_rows", false, [1, 2], [510, 510]),
            ("dequantized_rows_of_one", false, [1, 1], [510]),
            ("dequantized_transposed", true, [1, 2], [255, 510]),
            ("dequantized_transposed_rows", false, [1, 1], [510]),
            ("integers_columns", true, [1, 2], [255, 510]),
            ("integers_number", true, [1, 2], [510, 510]),
            ("integers_rows", false, [3, 1], [255, 510, 765]),
            ("integers_rows_renamed", false, [3, 1], [255, 510, 765]),
            ("integers_vector", false, [1, 3], [255, 510, 765]),
        ]

        @Test(arguments: cases)
        func whatFitsMayBeFused(_ name: String, _ mayFuse: Bool, _: [Int], _: [Float]) throws {
            let bytes = try Fixture.model("products/\(name)")
            #expect(try ONNXModelScan(bytes.span).mayFuseProducts == mayFuse)
        }

        @Test(arguments: cases)
        func theProductIsRight(_ name: String, _: Bool, _ shape: [Int], _ result: [Float]) throws {
            let model = try Runtime.load("products/\(name)")
            for _ in 0..<20 {
                let output = try model.run([.floats([1, 2], [0, 255])])[0]
                #expect(output?.dimensions == shape)
                #expect(output?.floats == result)
            }
        }

        @Test func everyModelIsNamedInATest() throws {
            #expect(try Fixture.names(in: "products") == Self.cases.map { "products/\($0.name)" })
        }
    }
}
