import Testing

@testable import Execution

@Suite struct FirstInFirstOutTests {
    /// All elements, which are taken.
    static func drained(_ queue: inout FirstInFirstOut<Int>) -> [Int] {
        var elements: [Int] = []
        while let element = queue.popFirst() { elements.append(element) }
        return elements
    }

    @Test func hasNothingAtFirst() {
        var queue = FirstInFirstOut<Int>()
        #expect(queue.isEmpty && queue.popFirst() == nil)
    }

    @Test(arguments: [1, 15, 16, 17, 32, 33, 1000])
    func givesElementsInTheOrderTheyCame(_ count: Int) {
        var queue = FirstInFirstOut<Int>()
        for element in 0..<count { queue.append(element) }
        #expect(Self.drained(&queue) == Array(0..<count))
    }

    /// The oldest element stands anywhere in the ring when it has to grow.
    @Test(arguments: 0..<17)
    func keepsTheOrderWhenItGrows(_ takenFirst: Int) {
        var queue = FirstInFirstOut<Int>()
        for element in 0..<takenFirst { queue.append(element) }
        for _ in 0..<takenFirst { _ = queue.popFirst() }
        for element in 0..<40 { queue.append(element) }
        #expect(Self.drained(&queue) == Array(0..<40))
    }

    @Test func countsItsElements() {
        var queue = FirstInFirstOut<Int>()
        for element in 0..<20 { queue.append(element) }
        _ = queue.popFirst()
        #expect(queue.count == 19)
    }

    @Test func isEmptyOnceDrained() {
        var queue = FirstInFirstOut<Int>()
        queue.append(1)
        _ = queue.popFirst()
        #expect(queue.isEmpty && queue.popFirst() == nil)
    }

    @Test func letsGoOfWhatWasTaken() {
        final class Element {}
        var queue = FirstInFirstOut<Element>()
        queue.append(Element())
        weak let element = queue.popFirst()
        #expect(element == nil)
    }

    /// Against an array, which is slow and plain.
    @Test func doesWhatAnArrayDoes() {
        var generator = SeededGenerator.announced(for: "doesWhatAnArrayDoes")
        var queue = FirstInFirstOut<Int>()
        var model: [Int] = []
        let differences = (0..<20_000).filter { element in
            if Int.random(in: 0..<100, using: &generator) < 52 {
                queue.append(element)
                model.append(element)
                return queue.count != model.count
            }
            return queue.popFirst() != (model.isEmpty ? nil : model.removeFirst())
        }
        #expect(differences.isEmpty, "seed \(generator.seed)")
    }
}
