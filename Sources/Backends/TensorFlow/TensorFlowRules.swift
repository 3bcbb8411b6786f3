/// What a model from a client may be made of, whatever runs of it.
///
/// Two kinds of rules. The first keep the model inside: each operation must be one of `TensorFlowOperations`
/// or a function of the graph, in the graph itself, in its functions, and wherever an attribute names one.
/// A setting turns this off. The others keep the process alive: TensorFlow ends it with an assertion where it
/// takes something for granted that its reader does not check (seen with 2.21, by changing files at random).
struct TensorFlowRules {
    /// The runtime's operations by their names.
    let operations: [String: TensorFlowOperation]
    let allowsAllOperations: Bool
    /// Operations that are allowed beside the others: those that save and restore variables.
    var extraOperations: Set<String> = []

    /// - Throws: what the graph breaks.
    func check(_ graph: TensorFlowGraph) throws(TensorFlowRefusal) {
        let functions = Set(graph.functions.map(\.name))
        // Of two functions with one name, it is open which one runs.
        guard functions.count == graph.functions.count else { throw .malformed }
        try check(graph.nodes, functions, isInFunction: false)
        for function in graph.functions { try check(function.nodes, functions, isInFunction: true) }
        for name in graph.gradients { try checkOperation(name, functions) }
        try TensorFlowCalls(graph).checkRecursion()
    }

    private func check(
        _ nodes: [TensorFlowGraph.Node], _ functions: Set<String>, isInFunction: Bool
    ) throws(TensorFlowRefusal) {
        for node in nodes {
            try checkOperation(node.operation, functions)
            for name in node.functions { try checkOperation(name, functions) }
            try checkAttributes(node)
            guard let operation = operations[node.operation] else { continue }
            try TensorFlowCounts(node: node, operation: operation, isInFunction: isInFunction).check()
        }
        try checkLoops(nodes)
        try TensorFlowFrames(nodes).check()
    }

    /// An unknown name is left to the runtime, which refuses it in its own words.
    private func checkOperation(
        _ name: String, _ functions: Set<String>
    ) throws(TensorFlowRefusal) {
        guard !allowsAllOperations, operations[name] != nil else { return }
        guard TensorFlowOperations.allow(name) || extraOperations.contains(name) else {
            throw .operation(name)
        }
    }

    /// Optimisations read attributes of functions before anybody has looked whether they are there.
    private func checkAttributes(_ node: TensorFlowGraph.Node) throws(TensorFlowRefusal) {
        if let name = node.wrongTensor { throw .attribute(node: node.name, name) }
        for name in operations[node.operation]?.requiredAttributes ?? []
        where !node.attributes.contains(name) {
            throw .attribute(node: node.name, name)
        }
        let isConstant = node.operation == "Const" || node.operation == "HostConst"
        if isConstant, node.declaredType != node.valueType { throw .attribute(node: node.name, "value") }
    }

    /// A loop's Merge takes what comes back and one thing from outside; the runtime counts on that.
    private func checkLoops(_ nodes: [TensorFlowGraph.Node]) throws(TensorFlowRefusal) {
        let back = Set(nodes.lazy.filter { $0.operation.hasSuffix("NextIteration") }.map(\.name))
        guard !back.isEmpty else { return }
        for node in nodes where node.operation.hasSuffix("Merge") {
            let data = node.inputs.filter { !$0.hasPrefix("^") }
            let returning = data.count { back.contains(TensorFlowGraph.nodeName($0)) }
            if returning > 0, data.count - returning > 1 { throw .attribute(node: node.name, "N") }
        }
    }
}

extension TensorFlowGraph {
    /// The node that an input comes from.
    static func nodeName(_ input: String) -> String {
        let name = input.hasPrefix("^") ? input.dropFirst() : input[...]
        return String(name.prefix { $0 != ":" })
    }
}
