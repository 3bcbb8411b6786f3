import Testing

@testable import SharedAPI

/// Pointers that other modules get to what only this interface has.
@Suite struct HandleTests {
    @Test func aPointerStandsForItsObject() {
        let record = ErrorRecord()
        let handle = Handles.error.make(record)
        #expect(Handles.error.content(handle) === record)
        #expect(Handles.error.end(handle) === record)
    }

    @Test func onePointerIsFreedOnce() {
        let handle = Handles.error.make(ErrorRecord())
        let (first, second) = (Handles.error.end(handle), Handles.error.end(handle))
        #expect(first != nil)
        #expect(second == nil)
        let content = Handles.error.content(handle)
        #expect(content == nil)
    }

    @Test func anotherKindStandsForNothing() {
        let handle = Handles.error.make(ErrorRecord())
        let dag = Handles.dag.content(handle)
        #expect(dag == nil)
        let ended = Handles.dag.end(handle)
        #expect(ended == nil)
        Handles.error.end(handle)
    }

    @Test func nothingStandsForNothing() {
        let content = Handles.error.content(nil)
        #expect(content == nil)
    }

    /// One that was freed long ago is used again, else each would cost memory for ever.
    @Test func freedPlacesAreUsedAgain() {
        var places: Set<UInt> = []
        for _ in 0..<200_000 {
            let handle = Handles.error.make(ErrorRecord())
            places.insert(UInt(bitPattern: handle))
            Handles.error.end(handle)
        }
        #expect(places.count < 100_000)
        #expect(places.count > 65_000)
    }

    @Test func theObjectGoesWithItsPointer() {
        weak var gone: ErrorRecord?
        let handle = {
            let record = ErrorRecord()
            gone = record
            return Handles.error.make(record)
        }()
        #expect(gone != nil)
        Handles.error.end(handle)
        #expect(gone == nil)
    }
}
