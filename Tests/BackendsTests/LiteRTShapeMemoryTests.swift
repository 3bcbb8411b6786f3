import Execution
import Tensors
import Testing

@testable import Backends

/// What is expected of outputs before a run.
extension BackendsTests {
    @Suite
    struct LiteRTShapeMemoryTests {
        static func shapes(_ dimensions: [Int]...) throws -> [TensorShape] {
            try dimensions.map { try TensorShape($0) }
        }

        static func declared(_ dimensions: [Int?]) -> [TensorSpecification] {
            [TensorSpecification(name: [], type: .float32, dimensions: dimensions)]
        }

        @Test(arguments: [
            ([nil, 6], [4, 6]), ([3, nil], [3, 1]), ([0, 2], [1, 2]), ([2, 3], [2, 3]),
            // More than a file is believed.
            ([1 << 30, 1 << 30], [1, 1]), ([1 << 40, 1 << 40], [1, 1]),
        ])
        func theFirstGuessIsWhatTheModelDeclares(_ declared: [Int?], _ expected: [Int]) throws {
            let guess = LiteRTShapeMemory().guess(for: try Self.shapes([4, 9]), Self.declared(declared))
            #expect(guess.map(\.dimensions) == [expected])
        }

        @Test func rowsFollowTheInput() throws {
            var memory = LiteRTShapeMemory()
            memory.remember(try Self.shapes([2, 9]), try Self.shapes([2, 7], [5]))
            let guess = memory.guess(for: try Self.shapes([3, 9]), [])
            #expect(guess.map(\.dimensions) == [[3, 7], [5]])
        }

        @Test func whatWasThereIsExpectedAgain() throws {
            var memory = LiteRTShapeMemory()
            memory.remember(try Self.shapes([2]), try Self.shapes([8]))
            memory.remember(try Self.shapes([3]), try Self.shapes([9]))
            memory.remember(try Self.shapes([2]), try Self.shapes([10]))
            #expect(memory.guess(for: try Self.shapes([2]), []).map(\.dimensions) == [[10]])
            #expect(memory.guess(for: try Self.shapes([3]), []).map(\.dimensions) == [[9]])
        }

        @Test func theOldestIsForgotten() throws {
            var memory = LiteRTShapeMemory()
            for rows in 1...(LiteRTShapeMemory.capacity + 1) {
                memory.remember(try Self.shapes([rows]), try Self.shapes([100 + rows]))
            }
            #expect(memory.guess(for: try Self.shapes([2]), []).map(\.dimensions) == [[102]])
            let last = 100 + LiteRTShapeMemory.capacity + 1
            #expect(memory.guess(for: try Self.shapes([1]), []).map(\.dimensions) == [[last]])
        }
    }
}
