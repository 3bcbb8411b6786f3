import Testing

@testable import Execution

@Suite struct IndexedHeapTests {
    /// All places, which are taken out, the least key first.
    static func drained(_ heap: IndexedHeap) -> [Int] {
        var heap = heap
        var places: [Int] = []
        while let first = heap.first {
            places.append(first.place)
            heap.remove(first.place)
        }
        return places
    }

    static func heap(_ keys: [Int]) -> IndexedHeap {
        var heap = IndexedHeap()
        for (place, key) in keys.enumerated() { heap.set(place, key: key) }
        return heap
    }

    @Test func hasNothingAtFirst() {
        #expect(IndexedHeap().first == nil)
    }

    @Test(arguments: [[5], [1, 2, 3], [3, 2, 1], [2, 9, 4, 7, 1, 8], [6, 0, 3, 3, 5]])
    func givesPlacesByTheirKeys(_ keys: [Int]) {
        #expect(Self.drained(Self.heap(keys)).map { keys[$0] } == keys.sorted())
    }

    @Test func movesAPlaceThatGetsAnotherKey() {
        var heap = Self.heap([10, 20, 30])
        heap.set(2, key: 5)
        heap.set(0, key: 40)
        #expect(Self.drained(heap) == [2, 1, 0])
    }

    @Test func takesOutAnyPlace() {
        var heap = Self.heap([4, 1, 3, 2, 0])
        heap.remove(1)
        heap.remove(4)
        #expect(Self.drained(heap) == [3, 2, 0])
    }

    @Test(arguments: [0, 1, 100])
    func takingOutWhatIsNotInChangesNothing(_ place: Int) {
        var heap = IndexedHeap()
        heap.set(3, key: 1)
        heap.remove(place)
        #expect(heap.places == [3])
    }

    @Test func knowsTheKeyOfAPlace() {
        var heap = Self.heap([4, 7])
        heap.remove(0)
        #expect(heap.key(of: 0) == nil && heap.key(of: 1) == 7 && heap.key(of: 9) == nil)
    }

    /// Against a dictionary that is searched.
    @Test func doesWhatASearchDoes() {
        var generator = SeededGenerator.announced(for: "IndexedHeapTests.doesWhatASearchDoes")
        var heap = IndexedHeap()
        var model: [Int: Int] = [:]
        let differences = (0..<20_000).filter { _ in
            let place = Int.random(in: 0..<40, using: &generator)
            if Bool.random(using: &generator) {
                let key = Int.random(in: 0..<1000, using: &generator)
                heap.set(place, key: key)
                model[place] = key
            } else {
                heap.remove(place)
                model[place] = nil
            }
            let isRight = heap.first?.key == model.values.min() && heap.places.count == model.count
            return !isRight || heap.first.map { model[$0.place] != $0.key } == true
        }
        #expect(differences.isEmpty, "seed \(generator.seed)")
    }
}
