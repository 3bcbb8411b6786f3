import Tensors
import Testing

@testable import Backends

extension BackendsTests {
    /// Which output shapes are known before a run.
    @Suite
    struct OutputPlanTests {
        private func shape(
            _ dimensions: [OutputPlan.Declared], from inputs: [[OutputPlan.Declared]?], given: [[Int]]
        ) throws -> [Int]? {
            let tensors = try given.map { dimensions in
                try Tensor(zerosOf: .float32, shape: TensorShape(dimensions))
            }
            return OutputPlan(type: .float32, dimensions: dimensions, inputs: inputs)?
                .shape(for: tensors)?.dimensions
        }

        @Test func numbersAreTheShape() throws {
            #expect(try shape([.number(2), .number(3)], from: [nil], given: [[9]]) == [2, 3])
            #expect(try shape([], from: [], given: []) == [])
        }

        @Test func namesComeFromTheInputThatHasThem() throws {
            let inputs: [[OutputPlan.Declared]?] = [
                nil, [.number(4), .name("rows")], [.name("columns"), .name("rows")],
            ]
            let given = [[1], [4, 7], [5, 7]]
            let output: [OutputPlan.Declared] = [.name("rows"), .number(2), .name("columns")]
            #expect(try shape(output, from: inputs, given: given) == [7, 2, 5])
        }

        @Test func whatIsNotDeclaredIsNotKnown() throws {
            #expect(try shape([.unknown], from: [[.unknown]], given: [[1]]) == nil)
            #expect(try shape([.name("other")], from: [[.name("rows")]], given: [[1]]) == nil)
        }

        @Test func anInputOfAnotherRankGivesNothing() throws {
            let inputs: [[OutputPlan.Declared]?] = [[.number(1), .name("rows")]]
            #expect(try shape([.name("rows")], from: inputs, given: [[5]]) == nil)
            #expect(try shape([.name("rows")], from: inputs, given: [[]]) == nil)
        }

        @Test func aShapeThatOverflowsGivesNothing() throws {
            #expect(try shape([.number(1 << 40), .number(1 << 40)], from: [], given: []) == nil)
        }

        @Test func stringsAreNotPlanned() {
            #expect(OutputPlan(type: .string, dimensions: [.number(1)], inputs: []) == nil)
        }
    }
}
