import Guests
import Testing

/// Who hangs and who does not.
@Suite struct AnswerWatchTests {
    static let millisecond = 1_000_000
    static let start = 7_000 * millisecond

    /// What is found at each look, by an owner that looks as soon as it shall, or so many milliseconds later.
    static func findings(
        _ watch: inout AnswerWatch, lookingLateBy lateness: [Int] = [], count: Int
    ) -> [AnswerWatch.Finding] {
        (0..<count).map { index in
            guard let time = watch.nextLook else { return .nothing }
            return watch.look(at: time + (index < lateness.count ? lateness[index] : 0) * millisecond)
        }
    }

    static func asked() -> AnswerWatch {
        var watch = AnswerWatch()
        watch.asked(at: start)
        return watch
    }

    /// One that has sent its ping at 500 ms.
    static func pinged() -> AnswerWatch {
        var watch = asked()
        _ = watch.look(at: start + 500 * millisecond)
        return watch
    }

    @Test func nothingOutstandingIsNeverLookedAt() {
        var watch = AnswerWatch()
        #expect(watch.nextLook == nil)
        watch.heard(at: Self.start)
        #expect(watch.nextLook == nil)
        #expect(watch.look(at: .max) == .nothing)
    }

    @Test func whoIsWaitedForGetsAPing() {
        var watch = Self.asked()
        #expect(watch.nextLook == Self.start + 500 * Self.millisecond)
        #expect(watch.look(at: Self.start + 500 * Self.millisecond - 1) == .nothing)
        #expect(watch.look(at: Self.start + 500 * Self.millisecond) == .ping)
    }

    @Test func moreThatIsAskedForPutsNothingOff() {
        var watch = Self.asked()
        watch.asked(at: Self.start + 400 * Self.millisecond)
        #expect(watch.nextLook == Self.start + 500 * Self.millisecond)
    }

    @Test func whatIsHeardBeforeAPingDoesNotPutItOff() {
        var watch = Self.asked()
        watch.heard(at: Self.start + 400 * Self.millisecond)
        #expect(watch.look(at: Self.start + 500 * Self.millisecond) == .ping)
    }

    @Test func whoDoesNotAnswerAPingHangs() {
        var watch = Self.pinged()
        let findings = Self.findings(&watch, count: 10)
        #expect(findings == [AnswerWatch.Finding](repeating: .nothing, count: 9) + [.hung])
        #expect(watch.nextLook == nil)
    }

    @Test func theLimitIsWhatWasGiven() {
        var watch = AnswerWatch(limitNanoseconds: 3_000 * Self.millisecond)
        watch.asked(at: Self.start)
        var time = Self.start
        while let next = watch.nextLook {
            time = next
            if watch.look(at: time) == .hung { break }
        }
        #expect(time == Self.start + 3_500 * Self.millisecond)
    }

    @Test func whoAnswersAPingDoesNotHang() {
        var watch = Self.pinged()
        _ = Self.findings(&watch, count: 9)
        watch.heard(at: Self.start + 1_450 * Self.millisecond)
        #expect(watch.nextLook == Self.start + 1_950 * Self.millisecond)
        #expect(watch.look(at: Self.start + 1_500 * Self.millisecond) == .nothing)
    }

    @Test func aPingIsSentAgainAfterAnotherWhile() {
        var watch = Self.pinged()
        watch.heard(at: Self.start + 600 * Self.millisecond)
        #expect(Self.findings(&watch, count: 1) == [.ping])
    }

    @Test func settlingEndsIt() {
        var watch = Self.pinged()
        watch.settled()
        #expect(watch.nextLook == nil)
        #expect(watch.look(at: .max) == .nothing)
    }

    @Test func timeInWhichTheOwnerWasBusyDoesNotCount() {
        var watch = Self.pinged()
        #expect(watch.look(at: Self.start + 60_000 * Self.millisecond) == .nothing)
        let findings = Self.findings(&watch, count: 10)
        #expect(findings == [AnswerWatch.Finding](repeating: .nothing, count: 9) + [.hung])
    }

    @Test func anOwnerThatIsBusyAtTheLastLookLooksAgain() {
        var watch = Self.pinged()
        _ = Self.findings(&watch, count: 9)
        #expect(watch.look(at: Self.start + 60_000 * Self.millisecond) == .nothing)
        #expect(Self.findings(&watch, count: 1) == [.hung])
    }

    @Test func anOwnerThatIsAlwaysBusyFindsNobodyHanging() {
        var watch = Self.pinged()
        let lateness = [Int](repeating: 101, count: 1_000)
        let findings = Self.findings(&watch, lookingLateBy: lateness, count: 1_000)
        #expect(findings.allSatisfy { $0 == .nothing })
    }

    @Test func anOwnerThatIsALittleLateStillFindsWhoHangs() {
        var watch = Self.pinged()
        let findings = Self.findings(&watch, lookingLateBy: [Int](repeating: 99, count: 10), count: 10)
        #expect(findings.last == .hung)
    }
}
