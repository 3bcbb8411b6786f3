import Testing

@testable import Flows

/// When the place of the server's thread is told.
@Suite struct ServerPlaceTests {
    /// What is told of these places, one look at each.
    private func told(_ processors: [Int32]) -> [Int32] {
        var place = ServerPlace()
        return processors.filter { place.look($0) }
    }

    private func times(_ count: Int, _ processors: Int32...) -> [Int32] {
        (0..<count).flatMap { _ in processors }
    }

    @Test func theFirstPlaceIsToldAtOnceAndOnce() {
        #expect(told([3, 3, 3]) == [3])
    }

    @Test func anotherPlaceIsToldOnceTheServerHasStayed() {
        #expect(told([0] + times(ServerPlace.patience - 1, 1)) == [0])
        #expect(told([0] + times(3 * ServerPlace.patience, 1)) == [0, 1])
    }

    @Test func whoMovesToAndFroIsNotFollowed() {
        #expect(told([0] + times(ServerPlace.patience, 1, 2)) == [0])
        // Back where it was told to be: what was counted is over.
        let almost = times(ServerPlace.patience - 1, 1)
        #expect(told([0] + almost + [0] + almost) == [0])
    }

    @Test func whereNobodyKnowsNothingIsTold() {
        #expect(told(times(2 * ServerPlace.patience, -1)) == [])
    }
}
