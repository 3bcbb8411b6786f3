import CSignals
import Testing

/// What threads do has places that crash reports and divisions by zero come to, however many there are.
@Suite
struct SlotTests {
    @Test func eachOfVeryManyIsFound() throws {
        let label = try #require(signals_take_label())
        defer { signals_give_back_label(label) }
        let text = Array("slot-test".utf8)
        signals_set_label(label, text, text.count)
        let slots = (0..<2_000).map { _ in signals_take_slot() }
        defer { for slot in slots { signals_give_back_slot(slot) } }
        #expect(Set(slots).count == slots.count)
        for slot in slots { signals_begin(slot, label, 1, false) }
        defer { for slot in slots { _ = signals_end(slot) } }
        var count = 0
        signals_each(
            { count, _, text in
                guard String(cString: text).hasSuffix("slot-test") else { return }
                count.assumingMemoryBound(to: Int.self).pointee += 1
            }, &count)
        #expect(count == slots.count)
    }
}
