/// Elements of any number of lists in one array: every change costs O(1), and no allocation once it has
/// grown.
struct LinkedLists<Element> {
    /// The ends of one list; nil if it is empty.
    struct List: Sendable {
        fileprivate(set) var first: Int?
        fileprivate(set) var last: Int?
    }

    fileprivate struct Node {
        /// Nil if the node is free.
        var element: Element?
        var previous: Int?
        var next: Int?
    }

    private var nodes: [Node] = []
    /// The first free node; they are linked by `next`.
    private var free: Int?

    /// Adds an element at the end of a list.
    /// - Returns: its node, valid until it is removed.
    mutating func append(_ element: Element, to list: inout List) -> Int {
        let node = Node(element: element, previous: list.last, next: nil)
        let index = free ?? nodes.count
        if index < nodes.count {
            free = nodes[index].next
            nodes[index] = node
        } else {
            nodes.append(node)
        }
        if let last = list.last { nodes[last].next = index } else { list.first = index }
        list.last = index
        return index
    }

    /// - Precondition: the node holds an element of this list.
    mutating func remove(_ index: Int, from list: inout List) -> Element {
        guard let element = nodes[index].element.take() else {
            preconditionFailure("an element was removed twice")
        }
        let (previous, next) = (nodes[index].previous, nodes[index].next)
        if let previous { nodes[previous].next = next } else { list.first = next }
        if let next { nodes[next].previous = previous } else { list.last = previous }
        nodes[index].next = free
        free = index
        return element
    }

    /// The elements of a list, in order.
    func elements(of list: List) -> [Element] {
        var elements: [Element] = []
        var index = list.first
        while let node = index {
            if let element = nodes[node].element { elements.append(element) }
            index = nodes[node].next
        }
        return elements
    }

    /// The node behind another; nil if that is the last.
    func next(after index: Int) -> Int? { nodes[index].next }

    /// The element of a node; nil if it is free or there is none. It may be changed where it is.
    subscript(index: Int) -> Element? {
        get { nodes.indices.contains(index) ? nodes[index].element : nil }
        set { if self[index] != nil { nodes[index].element = newValue } }
    }
}

extension LinkedLists: Sendable where Element: Sendable {}
extension LinkedLists.Node: Sendable where Element: Sendable {}
