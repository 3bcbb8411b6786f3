import Testing

@testable import Execution

@Suite struct LinkedListsTests {
    typealias Lists = LinkedLists<Int>

    /// The elements of a list, in order.
    static func elements(_ lists: Lists, _ list: Lists.List) -> [Int] {
        sequence(first: list.first) { $0.map { lists.next(after: $0) } }.prefix { $0 != nil }
            .compactMap { $0.flatMap { lists[$0] } }
    }

    @Test func anEmptyListHasNoEnds() {
        let list = Lists.List()
        #expect(list.first == nil && list.last == nil)
    }

    @Test func keepsElementsInTheOrderTheyCame() {
        var lists = Lists()
        var list = Lists.List()
        for element in 0..<5 { _ = lists.append(element, to: &list) }
        #expect(Self.elements(lists, list) == [0, 1, 2, 3, 4])
    }

    @Test func listsDoNotMix() {
        var lists = Lists()
        var (odd, even) = (Lists.List(), Lists.List())
        for element in 0..<6 {
            if element.isMultiple(of: 2) {
                _ = lists.append(element, to: &even)
            } else {
                _ = lists.append(element, to: &odd)
            }
        }
        #expect(Self.elements(lists, odd) == [1, 3, 5] && Self.elements(lists, even) == [0, 2, 4])
    }

    @Test(arguments: [(0, [1, 2]), (1, [0, 2]), (2, [0, 1])])
    func givesAnElementOfAnyPlace(_ place: Int, _ rest: [Int]) {
        var lists = Lists()
        var list = Lists.List()
        let nodes = (0..<3).map { lists.append($0, to: &list) }
        #expect(lists.remove(nodes[place], from: &list) == place)
        #expect(Self.elements(lists, list) == rest && lists[nodes[place]] == nil)
    }

    @Test func anEmptiedListTakesElementsAgain() {
        var lists = Lists()
        var list = Lists.List()
        _ = lists.remove(lists.append(1, to: &list), from: &list)
        #expect(list.first == nil && list.last == nil)
        _ = lists.append(2, to: &list)
        #expect(Self.elements(lists, list) == [2])
    }

    @Test func usesFreeNodesAgain() {
        var lists = Lists()
        var list = Lists.List()
        let nodes = (0..<3).map { lists.append($0, to: &list) }
        for node in nodes { _ = lists.remove(node, from: &list) }
        let again = (0..<3).map { lists.append($0, to: &list) }
        #expect(Set(again) == Set(nodes) && Self.elements(lists, list) == [0, 1, 2])
    }

    @Test func letsGoOfWhatWasTaken() {
        final class Element {}
        var lists = LinkedLists<Element>()
        var list = LinkedLists<Element>.List()
        let node = lists.append(Element(), to: &list)
        weak let element = lists.remove(node, from: &list)
        #expect(element == nil)
    }
}
