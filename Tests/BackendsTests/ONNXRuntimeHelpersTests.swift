import Testing

@testable import Backends

/// When runs are long enough to be shared among threads.
@Suite struct ONNXRuntimeHelpersTests {
    /// For runs of one session that take so long one after the other, whether they are.
    static func answers(_ nanoseconds: [Int]) -> [Bool] {
        let lengths = ONNXRuntimeRunLengths()
        var answers: [Bool] = []
        for each in nanoseconds { answers.append(lengths.areLong(with: each)) }
        return answers
    }

    @Test func quickRunsNeverAre() {
        let answers = Self.answers(Array(repeating: 49_999, count: 1000))
        #expect(answers == Array(repeating: false, count: 1000))
    }

    @Test(arguments: [(1_999_999, false), (2_000_000, true)])
    func oneRunIsFromTwoMillisecondsOn(_ nanoseconds: Int, _ isLong: Bool) {
        #expect(Self.answers([nanoseconds]) == [isLong])
    }

    @Test func slowRunsInARowAreTogether() {
        let answers = Self.answers(Array(repeating: 50_000, count: 41))
        #expect(answers == Array(repeating: false, count: 39) + [true, true])
    }

    @Test func aQuickRunEndsTheRow() {
        let answers = Self.answers([1_500_000, 10_000, 1_500_000, 0, 1_999_999])
        #expect(answers == Array(repeating: false, count: 5))
    }
}
