import Tensors
import Testing

@testable import Execution

/// What is expected of the next run.
@Suite struct RunCostsTests {
    private static let size = RunSize([.row(0)])

    /// What is expected after runs of one size, in nanoseconds each.
    private static func expected(after runs: [Int]) -> Int? {
        let costs = RunCosts()
        for nanoseconds in runs { costs.record(nanoseconds, size) }
        return costs.expected(size)
    }

    @Test(arguments: [[], [100], [100, 100]])
    func isUnknownDuringTheFirstRuns(_ runs: [Int]) {
        #expect(Self.expected(after: runs) == nil)
    }

    @Test func isKnownAfterTheThirdRun() {
        #expect(Self.expected(after: [100, 100, 100]) == 100)
    }

    @Test func aSlowRunRaisesItAtOnce() {
        #expect(Self.expected(after: [100, 100, 100, 9000]) == 9000)
    }

    @Test func aFastRunLowersItByAnEighthOfTheDifference() {
        #expect(Self.expected(after: [900, 900, 900, 100]) == 800)
    }

    @Test func manyFastRunsLowerItToTheirOwnCost() {
        #expect(Self.expected(after: [1_000_000_000] + Array(repeating: 100, count: 200)) == 100)
    }

    @Test func aLongerTimeThanCanBeKeptIsKeptAsTheLongest() {
        #expect(Self.expected(after: [.max, .max, .max]) == 1 << 40 - 1)
    }

    @Test func aFailureThatTookLongRaisesIt() {
        let costs = RunCosts()
        for _ in 0..<3 { costs.record(100, Self.size) }
        costs.recordFailure(5000, Self.size)
        #expect(costs.expected(Self.size) == 5000)
    }

    @Test func aLongFailureOfANewSizeCounts() {
        let costs = RunCosts()
        costs.recordFailure(1_000_000, Self.size)
        for _ in 0..<3 { costs.record(1, Self.size) }
        #expect(costs.expected(Self.size).map { $0 > 500_000 } == true)
    }

    @Test func aFailureIsNoRun() {
        let costs = RunCosts()
        for _ in 0..<2 { costs.record(100, Self.size) }
        for _ in 0..<10 { costs.recordFailure(100, Self.size) }
        #expect(costs.expected(Self.size) == nil)
    }

    @Test func otherSizesTellNothing() {
        let costs = RunCosts()
        for _ in 0..<60 { costs.record(100, RunSize.of([1, 4])) }
        let others = [[1, 5], [2, 4], [4, 1], [4], [1, 1, 4], [1, 16_777_216]]
        #expect(others.allSatisfy { costs.expected(RunSize.of($0)) == nil })
    }

    /// Where a size is kept differs from model to model.
    @Test func eachOfEightSizesHasItsOwn() {
        let expected = (1...8).map { $0 * $0 * 100 }
        for _ in 0..<1000 {
            let costs = RunCosts()
            costs.recordFailure(1, RunSize.of([1, 8]))
            for length in 1...8 {
                for _ in 0..<3 { costs.record(length * length * 100, RunSize.of([1, length])) }
            }
            #expect((1...8).map { costs.expected(RunSize.of([1, $0])) } == expected)
        }
    }

    @Test func neverAnswersForASizeThatHasNotRun() {
        let costs = RunCosts()
        for length in 1...5000 {
            for _ in 0..<3 { costs.record(1, RunSize.of([length, 1])) }
        }
        #expect((1...20).allSatisfy { costs.expected(RunSize.of([1, 2, $0])) == nil })
    }

    @Test func isNeverBelowTheLastRun() {
        var generator = SeededGenerator.announced(for: "isNeverBelowTheLastRun")
        let costs = RunCosts()
        for _ in 0..<3 { costs.record(1, Self.size) }
        let tooLow = (0..<5000).filter { _ in
            let last = Int.random(in: 0...100_000, using: &generator)
            costs.record(last, Self.size)
            return (costs.expected(Self.size) ?? 0) < last
        }
        #expect(tooLow.isEmpty, "seed \(generator.seed)")
    }
}

/// Which runs are of one size.
@Suite struct RunSizeTests {
    @Test(arguments: [(9, 10), (15, 16), (17, 20), (1021, 1024), (1025, 1280)])
    func dimensionsThatHardlyDifferAreOneSize(_ pair: (Int, Int)) {
        #expect(RunSize.of([1, pair.0]) == RunSize.of([1, pair.1]))
    }

    @Test(arguments: [(0, 1), (1, 2), (7, 8), (8, 9), (10, 11), (16, 17), (1024, 1025), (1280, 1281)])
    func othersAreNot(_ pair: (Int, Int)) {
        #expect(RunSize.of([1, pair.0]) != RunSize.of([1, pair.1]))
    }

    @Test func allOfOneSizeAreAtMostAQuarterApart() {
        var first = 1
        var isMet = true
        for length in 1...20_000 {
            if RunSize.of([length]) != RunSize.of([first]) { first = length }
            isMet = isMet && length * 4 <= first * 5
        }
        #expect(isMet)
    }

    @Test func theTypeCounts() throws {
        let sizes = try [DataType.float32, .int32].map { type in
            let zeros = [UInt8](repeating: 0, count: 8)
            return RunSize([try Tensor(type: type, shape: TensorShape([2]), copying: zeros.span)])
        }
        #expect(sizes[0] != sizes[1])
    }

    @Test func theLengthOfStringsCounts() throws {
        let sizes = try ["a", "abcdefghi"].map { text in
            RunSize([
                try Tensor(type: .string, shape: TensorShape([1]), copying: Array((text + "\0").utf8).span)
            ])
        }
        #expect(sizes[0] != sizes[1])
    }

    @Test func isUnknownIfAStepFillsAnInput() {
        let tensors = [Tensor.row(1), .row(2)]
        #expect(RunSize(.list([0, 2]), of: tensors) == nil && RunSize(.range(1..<3), of: tensors) == nil)
        #expect(RunSize(.list([0, 1]), of: tensors) == RunSize(.range(0..<2), of: tensors))
    }
}

extension RunSize {
    /// That of one input of zeros, of which there need not be memory.
    fileprivate static func of(_ dimensions: [Int]) -> RunSize {
        do throws(TensorError) {
            let bytes = SharedBytes.zeros(dimensions.reduce(1, *))
            return RunSize([try Tensor(type: .uint8, shape: TensorShape(dimensions), holding: bytes)])
        } catch {
            preconditionFailure("a shape was refused")
        }
    }
}

extension SharedBytes {
    fileprivate static func zeros(_ count: Int) -> SharedBytes {
        SharedBytes(Array(repeating: 0, count: count))
    }
}
