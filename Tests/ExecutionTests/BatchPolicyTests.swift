import Tensors
import Testing

@testable import Execution

/// When requests run together: the specification of BATCHSIZE, MINBATCHSIZE and MINBATCHTIMEOUT.
@Suite struct BatchPolicyTests {
    typealias Batch = BatchPolicy.Batch

    static func policy(_ maximum: Int, _ minimum: Int = 0, milliseconds: Int = 0) -> BatchPolicy {
        BatchPolicy(
            BatchSettings(
                maximumSize: maximum, minimumSize: minimum, minimumTimeoutMilliseconds: milliseconds))
    }

    @Test(arguments: [0, 1, 2, 100])
    func withoutBatchSizeNothingIsJoined(_ rows: Int) {
        #expect(!Self.policy(0).joins(rowCount: rows))
    }

    @Test(arguments: [0, 1, 4, 5, Int.max])
    func withBatchSizeEveryRequestMayBe(_ rows: Int) {
        #expect(Self.policy(4).joins(rowCount: rows))
    }

    @Test func aRequestWithoutRowsDoesNotWaitForAMinimum() {
        #expect(!Self.policy(4, 1).joins(rowCount: 0) && Self.policy(4, 1).joins(rowCount: 1))
    }

    @Test(arguments: [0, 1, 4, 5, Int.max])
    func theFirstRequestAlwaysFits(_ rows: Int) {
        #expect(Self.policy(4).takes(rowCount: rows, into: Batch()))
        #expect(BatchPolicy.alone.takes(rowCount: rows, into: Batch()))
    }

    @Test(arguments: [
        (1, 1, true), (1, 3, true), (1, 4, false), (2, 2, true), (2, 3, false), (3, 1, true), (3, 2, false),
        (3, 0, true), (4, 0, false), (4, 1, false), (9, 0, false), (1, Int.max, false),
    ])
    func theSumOfRowsNeverExceedsBatchSize(_ held: Int, _ next: Int, _ fits: Bool) {
        let batch = Batch(requestCount: 1, rowCount: held)
        #expect(Self.policy(4).takes(rowCount: next, into: batch) == fits)
    }

    @Test(arguments: [(3, true), (4, false), (5, false)])
    func requestsWithoutRowsAreCountedToo(_ count: Int, _ fits: Bool) {
        let batch = Batch(requestCount: count, rowCount: 0)
        #expect(Self.policy(4).takes(rowCount: 0, into: batch) == fits)
        #expect(Self.policy(4).takes(rowCount: 1, into: batch) == fits)
    }

    @Test(arguments: [0, 1, 2])
    func nothingJoinsARequestThatRunsByItself(_ rows: Int) {
        #expect(!BatchPolicy.alone.takes(rowCount: rows, into: Batch(requestCount: 1, rowCount: 0)))
    }

    @Test func withoutMinimumABatchIsComplete() {
        #expect(Self.policy(4).isComplete(Batch(requestCount: 1, rowCount: 0), isBlocked: false))
        #expect(BatchPolicy.alone.isComplete(Batch(requestCount: 1, rowCount: 1), isBlocked: false))
    }

    @Test(arguments: [(1, false), (2, false), (3, true), (4, true), (8, true), (9, true)])
    func aBatchIsCompleteFromTheMinimumOn(_ rows: Int, _ isComplete: Bool) {
        let batch = Batch(requestCount: 1, rowCount: rows)
        #expect(Self.policy(8, 3).isComplete(batch, isBlocked: false) == isComplete)
    }

    @Test func aBatchThatCannotGrowIsComplete() {
        #expect(Self.policy(8, 6).isComplete(Batch(requestCount: 1, rowCount: 5), isBlocked: true))
    }

    /// An old RDB file may have such settings; no batch ever gets that large.
    @Test(arguments: [(3, false), (4, true)])
    func aMinimumAboveBatchSizeCountsAsBatchSize(_ rows: Int, _ isComplete: Bool) {
        let batch = Batch(requestCount: 1, rowCount: rows)
        #expect(Self.policy(4, 9).isComplete(batch, isBlocked: false) == isComplete)
    }

    @Test func theOldestRequestWaitsForTheTimeout() {
        #expect(Self.policy(8, 2, milliseconds: 5).deadline(queuedAt: 7) == 5_000_007)
    }

    @Test func withoutTimeoutItWaitsWithoutLimit() {
        #expect(Self.policy(8, 2).deadline(queuedAt: 7) == nil)
    }

    @Test(arguments: [Int.max, Int.max / 1_000_000 + 1, Int.max / 1_000_000])
    func aTimeBeyondTheClockIsNoLimit(_ milliseconds: Int) {
        #expect(Self.policy(8, 2, milliseconds: milliseconds).deadline(queuedAt: 1_000_000) == nil)
    }
}

@Suite struct BatchMemberTests {
    static func inputs(_ shapes: [[Int]], _ type: DataType = .int8) throws -> [Tensor] {
        try shapes.map { try Tensor(zerosOf: type, shape: TensorShape($0)) }
    }

    static func member(
        _ model: AnyObject, _ shapes: [[Int]], _ settings: BatchSettings = BatchSettings(maximumSize: 4)
    ) throws -> BatchMember? {
        BatchMember(model: ObjectIdentifier(model), settings: settings, inputs: try inputs(shapes))
    }

    private final class SomeModel {}

    @Test func isNoneForAModelWithoutBatchSize() throws {
        #expect(try Self.member(SomeModel(), [[1, 2]], BatchSettings()) == nil)
    }

    @Test(arguments: [[], [[]], [[2], []], [[1, 2], [2, 2]]] as [[[Int]]])
    func isNoneForInputsWithoutCommonRows(_ shapes: [[Int]]) throws {
        #expect(try Self.member(SomeModel(), shapes) == nil)
    }

    @Test func isNoneWithoutRowsWhereOthersWait() throws {
        let settings = BatchSettings(maximumSize: 4, minimumSize: 2)
        #expect(try Self.member(SomeModel(), [[0, 2]], settings) == nil)
    }

    @Test(arguments: [0, 1, 3, 9])
    func bringsItsRows(_ rows: Int) throws {
        #expect(try Self.member(SomeModel(), [[rows, 2], [rows]])?.rowCount == rows)
    }

    @Test func isOfTheSameKindForTheSameModelAndOtherRows() throws {
        let model = SomeModel()
        #expect(try Self.member(model, [[1, 2]])?.kind == Self.member(model, [[3, 2]])?.kind)
    }

    @Test func isOfAnotherKindForAnotherModel() throws {
        let (one, other) = (SomeModel(), SomeModel())
        #expect(try Self.member(one, [[1, 2]])?.kind != Self.member(other, [[1, 2]])?.kind)
    }

    @Test func isOfAnotherKindForAnotherShape() throws {
        let model = SomeModel()
        #expect(try Self.member(model, [[1, 2]])?.kind != Self.member(model, [[1, 3]])?.kind)
    }

    @Test func isOfAnotherKindForAnotherType() throws {
        let model = SomeModel()
        let kinds = try [DataType.int32, .float32].map { type in
            BatchMember(
                model: ObjectIdentifier(model), settings: BatchSettings(maximumSize: 4),
                inputs: try Self.inputs([[1, 2]], type))?.kind
        }
        #expect(kinds[0] != kinds[1])
    }
}
