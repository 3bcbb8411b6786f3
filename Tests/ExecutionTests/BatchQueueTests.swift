import Testing

@testable import Execution

/// What waits for a device, and what of it runs next: the specification of `BatchQueue`.
@Suite struct BatchQueueTests {
    typealias Decision = NumberedQueue.Decision

    static let millisecond = 1_000_000

    @Test func anEmptyQueueWaitsForARequest() {
        var queue = NumberedQueue()
        #expect(queue.next() == .wait(until: nil) && queue.queue.isEmpty)
    }

    @Test func requestsThatCannotBeJoinedRunOneByOneInOrder() {
        var queue = NumberedQueue()
        for _ in 0..<3 { queue.add(nil) }
        #expect(queue.decisions() == [.run(0), .run(1), .run(2), .wait(until: nil)])
    }

    @Test func withoutBatchSizeRequestsOfOneModelRunOneByOne() {
        var queue = NumberedQueue()
        let model = BatchModel(0)
        for _ in 0..<2 { queue.add(model) }
        #expect(queue.decisions() == [.run(0), .run(1), .wait(until: nil)])
    }

    @Test func aLoneRequestWithoutMinimumRunsAtOnce() {
        var queue = NumberedQueue()
        queue.add(BatchModel(8))
        #expect(queue.decisions() == [.run(0), .wait(until: nil)])
    }

    @Test func whatWaitsForOneModelRunsTogetherInOrder() {
        var queue = NumberedQueue()
        let model = BatchModel(8)
        for _ in 0..<3 { queue.add(model) }
        #expect(queue.decisions() == [.runTogether([0, 1, 2]), .wait(until: nil)])
    }

    @Test func joinsAcrossRequestsOfOthers() {
        var queue = NumberedQueue()
        let (one, other) = (BatchModel(8), BatchModel(8))
        for model in [one, other, nil, one, other] { queue.add(model) }
        #expect(
            queue.decisions()
                == [.runTogether([0, 3]), .runTogether([1, 4]), .run(2), .wait(until: nil)])
    }

    @Test func doesNotMixShapes() {
        var queue = NumberedQueue()
        let model = BatchModel(8)
        for width in [1, 2, 1, 2] { queue.add(model, width: width) }
        #expect(queue.decisions() == [.runTogether([0, 2]), .runTogether([1, 3]), .wait(until: nil)])
    }

    @Test func doesNotMixAModelWithTheOneThatReplacedIt() {
        var queue = NumberedQueue()
        let (old, new) = (BatchModel(8), BatchModel(8))
        for model in [old, new] { queue.add(model) }
        #expect(queue.decisions() == [.run(0), .run(1), .wait(until: nil)])
    }

    @Test func fillsABatchUpToBatchSizeAndNotBeyond() {
        var queue = NumberedQueue()
        let model = BatchModel(4)
        for rows in [2, 1, 1, 3, 2] { queue.add(model, rows: rows) }
        #expect(queue.decisions() == [.runTogether([0, 1, 2]), .run(3), .run(4), .wait(until: nil)])
    }

    @Test func aRequestThatDoesNotFitIsNotOvertaken() {
        var queue = NumberedQueue()
        let model = BatchModel(4)
        for rows in [2, 3, 1, 1] { queue.add(model, rows: rows) }
        #expect(queue.decisions() == [.run(0), .runTogether([1, 2]), .run(3), .wait(until: nil)])
    }

    @Test(arguments: [4, 5, 1000])
    func aRequestOfBatchSizeOrMoreRunsByItself(_ rows: Int) {
        var queue = NumberedQueue()
        let model = BatchModel(4)
        for rows in [rows, 1, rows, 0] { queue.add(model, rows: rows) }
        #expect(queue.decisions() == [.run(0), .run(1), .run(2), .run(3), .wait(until: nil)])
    }

    @Test func requestsWithoutRowsJoinToo() {
        var queue = NumberedQueue()
        let model = BatchModel(3)
        for rows in [0, 2, 0, 0] { queue.add(model, rows: rows) }
        #expect(queue.decisions() == [.runTogether([0, 1, 2]), .run(3), .wait(until: nil)])
    }

    // MINBATCHSIZE

    @Test func waitsForTheMinimum() {
        var queue = NumberedQueue()
        let model = BatchModel(8, 3)
        queue.add(model)
        queue.add(model)
        #expect(queue.next() == .wait(until: nil))
        queue.add(model)
        #expect(queue.decisions() == [.runTogether([0, 1, 2]), .wait(until: nil)])
    }

    @Test(arguments: [2, 3, 4, 5])
    func aRequestThatIsTheMinimumByItselfRunsAtOnce(_ rows: Int) {
        var queue = NumberedQueue()
        queue.add(BatchModel(4, 2), rows: rows)
        #expect(queue.next() == .run(0))
    }

    @Test func runsWithWhatThereIsWhenTheOldestHasWaitedForTheTimeout() {
        var queue = NumberedQueue()
        let model = BatchModel(8, 4, milliseconds: 10)
        queue.add(model, at: 100)
        queue.add(model, at: 5 * Self.millisecond)
        let deadline = 100 + 10 * Self.millisecond
        #expect(queue.next(at: deadline - 1) == .wait(until: deadline))
        #expect(queue.next(at: deadline) == .runTogether([0, 1]))
    }

    @Test func aLoneRequestRunsWhenItHasWaited() {
        var queue = NumberedQueue()
        queue.add(BatchModel(2, 2, milliseconds: 500), at: 0)
        #expect(queue.next(at: 0) == .wait(until: 500 * Self.millisecond))
        #expect(queue.next(at: 501 * Self.millisecond) == .run(0))
    }

    @Test func theNextBatchWaitsForItsOwnTime() {
        var queue = NumberedQueue()
        let model = BatchModel(8, 4, milliseconds: 10)
        queue.add(model, at: 0)
        #expect(queue.next(at: 10 * Self.millisecond) == .run(0))
        queue.add(model, at: 12 * Self.millisecond)
        #expect(queue.next(at: 12 * Self.millisecond) == .wait(until: 22 * Self.millisecond))
    }

    @Test func waitsUntilTheEarliestOfSeveralDeadlines() {
        var queue = NumberedQueue()
        for milliseconds in [30, 10, 0, 20] { queue.add(BatchModel(4, 2, milliseconds: milliseconds)) }
        #expect(queue.next(at: 0) == .wait(until: 10 * Self.millisecond))
        #expect(
            queue.decisions(at: 20 * Self.millisecond)
                == [.run(1), .run(3), .wait(until: 30 * Self.millisecond)])
    }

    @Test func aBatchThatCannotGrowDoesNotWait() {
        var queue = NumberedQueue()
        let model = BatchModel(4, 4)
        queue.add(model, rows: 3)
        #expect(queue.next() == .wait(until: nil))
        queue.add(model, rows: 2)
        #expect(queue.decisions() == [.run(0), .wait(until: nil)])
        queue.add(model, rows: 2)
        #expect(queue.decisions() == [.runTogether([1, 2]), .wait(until: nil)])
    }

    @Test func aFullRequestLetsThoseBeforeItRun() {
        var queue = NumberedQueue()
        let model = BatchModel(4, 3)
        queue.add(model, rows: 1)
        queue.add(model, rows: 7)
        #expect(queue.decisions() == [.run(0), .run(1), .wait(until: nil)])
    }

    @Test func aRequestWithoutRowsRunsAtOnceWhileOthersWait() {
        var queue = NumberedQueue()
        let model = BatchModel(4, 3)
        queue.add(model)
        queue.add(model, rows: 0)
        #expect(queue.decisions() == [.run(1), .wait(until: nil)])
    }

    @Test func aMinimumAboveBatchSizeEndsTheWaitAtBatchSize() {
        var queue = NumberedQueue()
        let model = BatchModel(2, 9)
        queue.add(model)
        #expect(queue.next() == .wait(until: nil))
        queue.add(model)
        #expect(queue.next() == .runTogether([0, 1]))
    }

    @Test func oneThatWaitsKeepsNobodyElseWaiting() {
        var queue = NumberedQueue()
        let patient = BatchModel(8, 2)
        queue.add(patient)
        queue.add(nil)
        queue.add(patient, width: 2)
        queue.add(BatchModel(8))
        #expect(queue.decisions() == [.run(1), .run(3), .wait(until: nil)])
    }

    @Test func theOldestThatCanRunIsNext() {
        var queue = NumberedQueue()
        let patient = BatchModel(8, 2)
        queue.add(patient)
        for _ in 0..<3 { queue.add(nil) }
        queue.add(patient)
        #expect(
            queue.decisions() == [.runTogether([0, 4]), .run(1), .run(2), .run(3), .wait(until: nil)])
    }

    @Test func oneWhoseTimeIsUpGoesBeforeYoungerOnes() {
        var queue = NumberedQueue()
        queue.add(BatchModel(8, 2, milliseconds: 1), at: 0)
        queue.add(nil, at: 1)
        queue.add(nil, at: 2)
        #expect(queue.next(at: 3) == .run(1))
        #expect(queue.decisions(at: Self.millisecond) == [.run(0), .run(2), .wait(until: nil)])
    }

    @Test func countsWhatWaits() {
        var queue = NumberedQueue()
        let model = BatchModel(2)
        for model in [model, nil, model, model] { queue.add(model) }
        #expect(queue.queue.count == 4)
        _ = queue.next()
        #expect(queue.queue.count == 2)
        _ = queue.remove(3)
        #expect(queue.queue.count == 1)
        _ = queue.next()
        #expect(queue.queue.isEmpty)
    }

    /// Would take minutes if each decision looked at what waits.
    @Test func aLongQueueBehindOneThatWaitsIsNoHurdle() {
        var queue = NumberedQueue()
        queue.add(BatchModel(8, 2))
        let count = 50_000
        for _ in 0..<count { queue.add(nil) }
        #expect(queue.decisions().count == count + 1)
    }
}

/// Requests that leave before they run: their deadline has come, or the client has gone.
@Suite struct BatchQueueRemovalTests {
    @Test(arguments: [(0, [1, 2]), (1, [0, 2]), (2, [0, 1])])
    func whatWasTakenOutDoesNotRun(_ removed: Int, _ rest: [Int]) {
        var queue = NumberedQueue()
        let model = BatchModel(8)
        for _ in 0..<3 { queue.add(model) }
        #expect(queue.remove(removed) == removed)
        #expect(queue.decisions() == [.runTogether(rest), .wait(until: nil)])
    }

    @Test(arguments: [(0, [1, 2]), (1, [0, 2]), (2, [0, 1])])
    func neitherByItself(_ removed: Int, _ rest: [Int]) {
        var queue = NumberedQueue()
        for _ in 0..<3 { queue.add(nil) }
        #expect(queue.remove(removed) == removed)
        #expect(queue.decisions() == rest.map { .run($0) } + [.wait(until: nil)])
    }

    @Test func canBeTakenOutOnce() {
        var queue = NumberedQueue()
        queue.add(nil)
        #expect(queue.remove(0) == 0 && queue.remove(0) == nil && queue.queue.isEmpty)
    }

    @Test func whatRunsCannotBeTakenOut() {
        var queue = NumberedQueue()
        queue.add(nil)
        _ = queue.next()
        // Takes the place that the first one had.
        queue.add(nil)
        #expect(queue.remove(0) == nil)
        #expect(queue.next() == .run(1))
    }

    @Test func itsRowsDoNotCountForTheMinimum() {
        var queue = NumberedQueue()
        let model = BatchModel(8, 3)
        for _ in 0..<3 { queue.add(model) }
        _ = queue.remove(1)
        #expect(queue.next() == .wait(until: nil))
    }

    @Test func itsRowsMakeRoomForOthers() {
        var queue = NumberedQueue()
        let model = BatchModel(4)
        for rows in [2, 2, 1, 1] { queue.add(model, rows: rows) }
        _ = queue.remove(1)
        #expect(queue.decisions() == [.runTogether([0, 2, 3]), .wait(until: nil)])
    }

    @Test func theOneThatDidNotFitBlocksNobodyAnyMore() {
        var queue = NumberedQueue()
        let model = BatchModel(4, 4)
        for rows in [1, 4, 1] { queue.add(model, rows: rows) }
        _ = queue.remove(1)
        #expect(queue.decisions() == [.wait(until: nil)])
        queue.add(model, rows: 2)
        #expect(queue.next() == .runTogether([0, 2, 3]))
    }

    @Test func oneBehindTheBatchLeavesItAsItIs() {
        var queue = NumberedQueue()
        let model = BatchModel(2)
        for _ in 0..<4 { queue.add(model) }
        _ = queue.remove(3)
        #expect(queue.decisions() == [.runTogether([0, 1]), .run(2), .wait(until: nil)])
    }

    @Test func theNextOldestWaitsForItsOwnTime() {
        var queue = NumberedQueue()
        let model = BatchModel(8, 3, milliseconds: 10)
        queue.add(model, at: 0)
        queue.add(model, at: 4_000_000)
        _ = queue.remove(0)
        #expect(queue.next(at: 10_000_000) == .wait(until: 14_000_000))
        #expect(queue.next(at: 14_000_000) == .run(1))
    }

    @Test func oneWhoseTimeWasUpLeavesTheNextOldestItsOwn() {
        var queue = NumberedQueue()
        let model = BatchModel(8, 3, milliseconds: 10)
        queue.add(nil, at: 0)
        queue.add(model, at: 0)
        queue.add(model, at: 4_000_000)
        #expect(queue.next(at: 10_000_000) == .run(0))
        _ = queue.remove(1)
        #expect(queue.next(at: 10_000_000) == .wait(until: 14_000_000))
    }

    @Test func theTimeOfOneThatIsGoneWakesNobody() {
        var queue = NumberedQueue()
        queue.add(BatchModel(8, 3, milliseconds: 10), at: 0)
        _ = queue.remove(0)
        #expect(queue.next(at: 0) == .wait(until: nil))
    }

    @Test func letsGoOfTheRequest() {
        final class Element {}
        var queue = BatchQueue<Element>()
        let ticket = queue.append(Element(), as: nil, queuedAt: 0)
        weak let element = queue.remove(ticket)
        #expect(element == nil)
    }
}
