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
        let slot = tracked.track(value, isLarge: false)
        #expect((0..<TrackedValues.slotCount).contains(slot) && !tracked.isEmpty)
        #expect(tracked.end(address(value)) == .init(slot: slot, isLarge: false))
        #expect(tracked.isEmpty && tracked.end(address(value)) == nil)
        #expect(tracked.track(value, isLarge: false) == slot)
    }

    @Test func aSlotIsToldForAllOfItsValues() throws {
        var tracked = TrackedValues()
        var bySlot: [Int: Value] = [:]
        var kept: [Value] = []
        var pair: (Value, Value)?
        while pair == nil {
            let value = Value()
            kept.append(value)
            let slot = tracked.track(value, isLarge: false)
            if let other = bySlot[slot] { pair = (value, other) }
            bySlot[slot] = value
        }
        let (one, other) = try #require(pair)
        #expect(tracked.end(address(one)) != nil && tracked.end(address(other)) == nil)
    }

    @Test func aSlotOfALargeValueStaysOne() {
        var tracked = TrackedValues()
        let value = Value()
        for isLarge in [false, true, false] { _ = tracked.track(value, isLarge: isLarge) }
        #expect(tracked.end(address(value))?.isLarge == true)
        _ = tracked.track(value, isLarge: false)
        #expect(tracked.end(address(value))?.isLarge == false)
    }

    @Test func slotsAreSpread() {
        var tracked = TrackedValues()
        let values = (0..<10_000).map { _ in Value() }
        #expect(Set(values.map { tracked.track($0, isLarge: false) }).count > TrackedValues.slotCount / 2)
    }

    @Test func nothingIsTrackedAfterAllWereTold() {
        var tracked = TrackedValues()
        let values = (0..<100).map { _ in Value() }
        for value in values { _ = tracked.track(value, isLarge: false) }
        tracked.endAll()
        #expect(tracked.isEmpty && values.allSatisfy { tracked.end(address($0)) == nil })
    }
}
