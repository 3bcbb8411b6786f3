import Testing

@testable import Guests

/// When a guest is started, killed and given up.
@Suite struct GuestStateTests {
    static let second = 1_000_000_000
    static let start = 5 * second

    /// One that was started at `start`.
    static func started() -> GuestState {
        var state = GuestState()
        _ = state.event(.start, at: start)
        return state
    }

    @Test func itIsStartedOnce() {
        var state = GuestState()
        #expect(state.event(.start, at: Self.start) == .spawn)
        #expect(state.event(.start, at: Self.start) == .nothing)
        #expect(state.stage == .starting(deadline: Self.start + 30 * Self.second))
        #expect(state.startCount == 1)
    }

    @Test(arguments: [[], [GuestState.Event.ready(start: 1)], [.kill(because: "a", start: nil)]])
    func nothingFollowsTheEndOfOneThatRunsOnce(_ before: [GuestState.Event]) {
        var state = GuestState(runsOnce: true)
        #expect(state.event(.start, at: Self.start) == .spawn)
        for event in before { _ = state.event(event, at: Self.start) }
        #expect(state.event(.ended, at: Self.start) == .nothing)
        #expect(state.stage == .stopped && state.deadline == nil)
    }

    @Test func itIsReadyWhenItsOwnerSaysSo() {
        var state = Self.started()
        #expect(state.event(.ready(start: 1), at: Self.start) == .nothing)
        #expect(state.stage == .ready)
        #expect(state.deadline == nil)
    }

    @Test func anEarlierStartDoesNotMakeItReady() {
        var state = Self.started()
        _ = state.event(.ended, at: Self.start)
        #expect(state.startCount == 2)
        _ = state.event(.ready(start: 1), at: Self.start)
        #expect(state.stage != .ready)
    }

    @Test func itIsKilledIfItIsNotReadyInTime() {
        var state = Self.started()
        let deadline = Self.start + 30 * Self.second
        #expect(state.deadline == deadline)
        #expect(state.event(.looked, at: deadline - 1) == .nothing)
        #expect(state.event(.looked, at: deadline) == .kill)
        #expect(state.event(.looked, at: deadline) == .nothing)
        #expect(state.stage == .dying(because: "it was not ready after 30 seconds", restarts: true))
    }

    @Test func itIsKilledOnce() {
        var state = Self.started()
        #expect(state.event(.kill(because: "a", start: 1), at: Self.start) == .kill)
        #expect(state.event(.kill(because: "b", start: nil), at: Self.start) == .nothing)
        #expect(state.stage == .dying(because: "a", restarts: true))
        #expect(state.event(.ready(start: 1), at: Self.start) == .nothing)
        #expect(state.stage == .dying(because: "a", restarts: true))
    }

    @Test func aKillForAnEarlierStartIsNotForThisOne() {
        var state = Self.started()
        _ = state.event(.ended, at: Self.start)
        #expect(state.event(.kill(because: "a", start: 1), at: Self.start) == .nothing)
        #expect(state.event(.kill(because: "a", start: 2), at: Self.start) == .kill)
    }

    /// Tenths of a second that it waits after the first, second, ... short life in a row.
    @Test(arguments: [
        [0], [0, 1], [0, 1, 2], [0, 1, 2, 4, 8, 16, 32, 64, 100, 100],
        [Int](repeating: 0, count: 1) + [1, 2, 4, 8, 16, 32, 64] + [Int](repeating: 100, count: 40),
    ])
    func shortLivesAreFollowedByLongerAndLongerPauses(_ pauses: [Int]) {
        var state = Self.started()
        var now = Self.start
        for pause in pauses {
            let action = state.event(.ended, at: now)
            guard pause > 0 else {
                #expect(action == .spawn)
                continue
            }
            let until = now + pause * Self.second / 10
            #expect(action == .nothing)
            #expect(state.stage == .waiting(until: until))
            #expect(state.event(.looked, at: until - 1) == .nothing)
            #expect(state.event(.looked, at: until) == .spawn)
            now = until
        }
    }

    /// Tenths of a second between starts of one that serves and ends at once.
    @Test func startsOfOneThatServesAreASecondApartAtMost() {
        var state = Self.started()
        var now = Self.start
        for distance in [0, 1, 2, 4, 8, 10, 10, 10, 10, 10, 10, 10] {
            _ = state.event(.ready(start: state.startCount), at: now)
            let action = state.event(.ended, at: now)
            now += distance * Self.second / 10
            #expect(action == (distance == 0 ? .spawn : .nothing))
            #expect(state.deadline == (distance == 0 ? now + 30 * Self.second : now))
            _ = state.event(.looked, at: now)
            #expect(state.startTime == now)
        }
        // One that has lived for longer than the distance is started at once.
        _ = state.event(.ready(start: state.startCount), at: now)
        #expect(state.event(.ended, at: now + Self.second) == .spawn)
    }

    @Test func aLongLifeIsFollowedByNoPause() {
        var state = Self.started()
        for _ in 0..<3 {
            _ = state.event(.ended, at: Self.start)
            if let until = state.deadline { _ = state.event(.looked, at: until) }
        }
        let end = state.startTime + 10 * Self.second
        #expect(state.event(.ended, at: end) == .spawn)
        #expect(state.event(.ended, at: end) == .spawn)
        #expect(state.event(.ended, at: end) == .nothing)
        #expect(state.stage == .waiting(until: end + Self.second / 10))
    }

    @Test func aLifeIsShortBelowTenSeconds() {
        var state = Self.started()
        _ = state.event(.ended, at: Self.start)
        #expect(state.event(.ended, at: Self.start + 10 * Self.second - 1) == .nothing)
    }

    @Test func aStopEndsItForGood() {
        var state = Self.started()
        #expect(state.event(.stop, at: Self.start) == .kill)
        #expect(state.event(.ended, at: Self.start) == .nothing)
        #expect(state.stage == .stopped)
        #expect(state.deadline == nil)
    }

    @Test func aStopWhileItDiesEndsItForGood() {
        var state = Self.started()
        _ = state.event(.kill(because: "a", start: nil), at: Self.start)
        #expect(state.event(.stop, at: Self.start) == .nothing)
        #expect(state.event(.ended, at: Self.start) == .nothing)
        #expect(state.stage == .stopped)
    }

    @Test func aStopEndsAPause() {
        var state = Self.started()
        _ = state.event(.ended, at: Self.start)
        _ = state.event(.ended, at: Self.start)
        #expect(state.event(.stop, at: Self.start) == .nothing)
        #expect(state.stage == .stopped)
    }

    @Test func aStartWhileItIsStoppedComesAfterItsEnd() {
        var state = Self.started()
        _ = state.event(.stop, at: Self.start)
        #expect(state.event(.start, at: Self.start) == .nothing)
        #expect(state.event(.ended, at: Self.start) == .spawn)
    }

    @Test func aRefusalIsToldAndNotTriedAgain() {
        var state = Self.started()
        #expect(state.event(.refused(why: "no"), at: Self.start) == .refuse(why: "no"))
        #expect(state.deadline == nil)
        #expect(state.event(.start, at: Self.start) == .nothing)
        #expect(state.event(.looked, at: .max) == .nothing)
        #expect(state.stage == .refused(why: "no"))
    }

    @Test func aRefusalIsTriedAgainAfterAChange() {
        var state = Self.started()
        _ = state.event(.refused(why: "no"), at: Self.start)
        #expect(state.event(.settingsChanged, at: Self.start) == .spawn)
    }

    @Test func aChangeMeansNothingToWhoWasNotRefused() {
        var state = Self.started()
        #expect(state.event(.settingsChanged, at: Self.start) == .nothing)
        state = GuestState()
        #expect(state.event(.settingsChanged, at: Self.start) == .nothing)
    }

    @Test(arguments: [
        GuestState.Event.stop, .ended, .looked, .ready(start: 0), .kill(because: "a", start: nil),
        .refused(why: "no"),
    ])
    func nothingElseHappensToWhoWasNeverStarted(_ event: GuestState.Event) {
        var state = GuestState()
        #expect(state.event(event, at: Self.start) == .nothing)
        #expect(state.stage == .stopped)
    }
}
