import Testing

@testable import Flows

/// When the place of the server's thread is told.
struct ServerPlaceTests {
    @Test func theFirstPlaceIsToldAtOnce() {
        var place = ServerPlace()
        #expect(place.look(3))
        #expect(!place.look(3))
    }

    @Test func anotherPlaceIsToldOnceTheServerHasStayed() {
        var place = ServerPlace()
        #expect(place.look(0))
        for _ in 1..<ServerPlace.patience { #expect(!place.look(1)) }
        #expect(place.look(1))
        #expect(!place.look(1))
    }

    @Test func whoMovesToAndFroIsNotFollowed() {
        var place = ServerPlace()
        #expect(place.look(0))
        for _ in 0..<ServerPlace.patience {
            #expect(!place.look(1))
            #expect(!place.look(2))
        }
        for _ in 1..<ServerPlace.patience { #expect(!place.look(1)) }
        // Back where it was told to be: all that was counted is over.
        #expect(!place.look(0))
        #expect(!place.look(1))
    }

    @Test func whereNobodyKnowsNothingIsTold() {
        var place = ServerPlace()
        for _ in 0...ServerPlace.patience { #expect(!place.look(-1)) }
    }
}
