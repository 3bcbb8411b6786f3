/// Which functions of a graph call which.
struct TensorFlowCalls {
    private let functions: [String: TensorFlowGraph.Function]

    /// As many calls within calls as a thread's stack bears; models have a few.
    private static let maximumDepth = 64

    init(_ graph: TensorFlowGraph) {
        functions = Dictionary(graph.functions.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The functions that a node calls, however they are named in it.
    func callees(of node: TensorFlowGraph.Node) -> [String] {
        ([node.operation] + node.functions).filter { functions[$0] != nil }
    }

    func function(_ name: String) -> TensorFlowGraph.Function? { functions[name] }

    /// The functions that nodes reach, through others as well.
    func reached(from nodes: [TensorFlowGraph.Node]) -> [TensorFlowGraph.Function] {
        var seen: Set<String> = []
        var found: [TensorFlowGraph.Function] = []
        var waiting = nodes.flatMap(callees)
        while let name = waiting.popLast() {
            guard seen.insert(name).inserted, let function = functions[name] else { continue }
            found.append(function)
            waiting += function.nodes.flatMap(callees)
        }
        return found
    }

    /// The runtime calls functions on the thread's stack, and follows them without an end.
    /// - Throws: `.recursion`.
    func checkRecursion() throws(TensorFlowRefusal) {
        let callees = functions.mapValues { Set($0.nodes.flatMap(self.callees)) }
        // Takes away functions that call none of those that are left, level by level.
        var left = Set(functions.keys)
        for _ in 0..<Self.maximumDepth {
            let ends = left.filter { name in callees[name].map { $0.isDisjoint(with: left) } ?? true }
            guard !ends.isEmpty else { break }
            left.subtract(ends)
        }
        if let name = left.min() { throw .recursion(name) }
    }
}
