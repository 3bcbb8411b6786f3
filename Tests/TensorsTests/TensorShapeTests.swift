import Tensors
import Testing

@Suite struct TensorShapeTests {
    @Test(arguments: [
        ([], 1), ([1], 1), ([7], 7), ([2, 3], 6), ([2, 3, 4], 24), ([1, 1, 1, 1, 1], 1), ([0], 0),
        ([0, 5], 0), ([5, 0], 0), ([0, 0], 0), ([Int.max], Int.max), ([Int.max, 1], Int.max),
        ([Int.max, 0], 0), ([1 << 31, 1 << 31], 1 << 62),
    ])
    func countsItsElements(_ dimensions: [Int], _ count: Int) throws {
        #expect(try TensorShape(dimensions).elementCount == count)
    }

    @Test(arguments: [
        [1 << 32, 1 << 31], [1 << 31, 1 << 32], [Int.max, 2], [2, Int.max], [3, 3, Int.max / 8],
        [1 << 21, 1 << 21, 1 << 21],
    ])
    func refusesAProductThatOverflows(_ dimensions: [Int]) {
        #expect(throws: TensorError.shapeTooLarge) { try TensorShape(dimensions) }
    }

    @Test(arguments: [[0, Int.max, 2], [Int.max, 0, 2], [Int.max, 2, 0]])
    func aZeroDoesNotHideAnOverflow(_ dimensions: [Int]) {
        #expect(throws: TensorError.shapeTooLarge) { try TensorShape(dimensions) }
    }

    @Test(arguments: [[-1], [2, -1], [-1, -1], [0, -1], [Int.min]])
    func refusesANegativeDimension(_ dimensions: [Int]) {
        #expect(throws: TensorError.shapeTooLarge) { try TensorShape(dimensions) }
    }

    @Test func keepsItsDimensionsInOrder() throws {
        #expect(try TensorShape([4, 0, 9]).dimensions == [4, 0, 9])
    }

    @Test func aScalarIsTheShapeWithoutDimensions() throws {
        #expect(try TensorShape([]) == TensorShape.scalar)
    }

    @Test(arguments: [([], 0), ([3], 1), ([3, 0, 2], 3)])
    func itsRankIsTheNumberOfDimensions(_ dimensions: [Int], _ rank: Int) throws {
        #expect(try TensorShape(dimensions).rank == rank)
    }

    @Test(arguments: [([], 1), ([3], 3), ([0, 4], 0), ([5, 2, 2], 5)])
    func itsRowsAreTheFirstDimension(_ dimensions: [Int], _ count: Int) throws {
        #expect(try TensorShape(dimensions).rowCount == count)
    }

    @Test func shapesOfOneElementCountDiffer() throws {
        #expect(try TensorShape([2, 3]) != TensorShape([3, 2]))
    }
}

@Suite struct ByteCountTests {
    @Test(arguments: [([2, 3], 4, 24), ([], 8, 8), ([0, 5], 8, 0), ([5], 0, 0), ([Int.max], 1, Int.max)])
    func isElementsTimesWidth(_ dimensions: [Int], _ width: Int, _ count: Int) throws {
        #expect(try TensorShape(dimensions).byteCount(elementWidth: width) == count)
    }

    @Test(arguments: [([Int.max], 2), ([1 << 60], 8), ([1 << 30, 1 << 31], 4)])
    func isRefusedIfItOverflows(_ dimensions: [Int], _ width: Int) throws {
        let shape = try TensorShape(dimensions)
        #expect(throws: TensorError.shapeTooLarge) { try shape.byteCount(elementWidth: width) }
    }

    @Test func isTakenUpToTheLimit() throws {
        #expect(try TensorShape([Int.max / 8]).byteCount(elementWidth: 8) == Int.max / 8 * 8)
    }
}
