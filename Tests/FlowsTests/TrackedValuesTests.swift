import Testing

@testable import Flows

/// Which values Python is told of when they leave their keys.
@Suite struct TrackedValuesTests {
    private final class Value {}

    private func address(_ value: Value) -> UInt { UInt(bitPattern: ObjectIdentifier(value)) }

    @Test func aTrackedValueIsToldOnce() {
        var tracked = TrackedValues()
        let value = Value()
        #expect(tracked.isEmpty && tracked.end(address(value)) == nil)
        let slot = tracked.track(value)
        #expect((0..<TrackedValues.slotCount).contains(slot) && !tracked.isEmpty)
        #expect(tracked.end(address(value)) == slot)
        #expect(tracked.isEmpty && tracked.end(address(value)) == nil)
        #expect(tracked.track(value) == slot)
    }

    @Test func aSlotIsToldForAllOfItsValues() throws {
        var tracked = TrackedValues()
        var bySlot: [Int: Value] = [:]
        var kept: [Value] = []
        var pair: (Value, Value)?
        while pair == nil {
            let value = Value()
            kept.append(value)
            let slot = tracked.track(value)
            if let other = bySlot[slot] { pair = (value, other) }
            bySlot[slot] = value
        }
        let (one, other) = try #require(pair)
        #expect(tracked.end(address(one)) != nil && tracked.end(address(other)) == nil)
    }

    @Test func slotsAreSpread() {
        var tracked = TrackedValues()
        let values = (0..<10_000).map { _ in Value() }
        #expect(Set(values.map { tracked.track($0) }).count > TrackedValues.slotCount / 2)
    }

    @Test func nothingIsTrackedAfterAllWereTold() {
        var tracked = TrackedValues()
        let values = (0..<100).map { _ in Value() }
        for value in values { _ = tracked.track(value) }
        tracked.endAll()
        #expect(tracked.isEmpty && values.allSatisfy { tracked.end(address($0)) == nil })
    }
}
