/// Which nodes of a SavedModel run when, and whether those that read and write files stay out of it.
///
/// See `SavedModel` for the reasons.
struct SavedModelSaver {
    private let nodes: [String: TensorFlowGraph.Node]
    private let calls: TensorFlowCalls
    private let fileName: String

    /// - Parameter fileName: the tensor that holds the name of the variables' files.
    init(_ graph: TensorFlowGraph, fileName: String) {
        nodes = Dictionary(graph.nodes.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        calls = TensorFlowCalls(graph)
        self.fileName = TensorFlowGraph.nodeName(fileName)
    }

    /// - Throws: `.operation` if one that saves or restores would run.
    func checkNoSaver(from tensors: [String]) throws(TensorFlowRefusal) {
        let reached = reached(from: tensors)
        for node in reached + calls.reached(from: reached).flatMap(\.nodes)
        where SavedModel.saverOperations.contains(node.operation) {
            throw .operation(node.operation)
        }
    }

    /// - Throws: `.operation` if more would be read than the variables' files.
    func checkRestoring(from operation: String) throws(TensorFlowRefusal) {
        guard !operation.isEmpty else { return }
        let reached = reached(from: [operation])
        let functions = calls.reached(from: reached)
        for node in reached { try checkReading(node) { isFileName($0) } }
        for function in functions {
            for node in function.nodes {
                try checkReading(node) { isFileName($0, in: function, reached, functions) }
            }
        }
    }

    private func checkReading(
        _ node: TensorFlowGraph.Node, _ isFileName: (String) -> Bool
    ) throws(TensorFlowRefusal) {
        guard SavedModel.saverOperations.contains(node.operation) else { return }
        guard node.operation == "RestoreV2", let name = node.inputs.first, isFileName(name) else {
            throw .operation(node.operation)
        }
    }

    /// The nodes of the graph that run if one of these is asked for.
    private func reached(from tensors: [String]) -> [TensorFlowGraph.Node] {
        var seen: Set<String> = []
        var found: [TensorFlowGraph.Node] = []
        var waiting = tensors.map(TensorFlowGraph.nodeName)
        while let name = waiting.popLast() {
            guard seen.insert(name).inserted, let node = nodes[name] else { continue }
            found.append(node)
            waiting += node.inputs.map(TensorFlowGraph.nodeName)
        }
        return found
    }

    /// Whether an input in the graph is the tensor with the files' name, passed on unchanged.
    private func isFileName(_ input: String) -> Bool {
        var name = TensorFlowGraph.nodeName(input)
        // A chain longer than this is none that a writer makes.
        for _ in 0..<16 {
            if name == fileName { return true }
            guard let node = nodes[name], node.operation == "Identity", let before = node.inputs.first
            else { return false }
            name = TensorFlowGraph.nodeName(before)
        }
        return false
    }

    /// Whether an input in a function is that tensor: a parameter for which each call gives it.
    private func isFileName(
        _ input: String, in function: TensorFlowGraph.Function, _ reached: [TensorFlowGraph.Node],
        _ functions: [TensorFlowGraph.Function], depth: Int = 0
    ) -> Bool {
        guard depth < 8, let parameter = parameter(input, in: function) else { return false }
        func isPassed(_ node: TensorFlowGraph.Node, _ isFileName: (String) -> Bool) -> Bool {
            guard calls.callees(of: node).contains(function.name) else { return true }
            // Other operations number the inputs of their functions in another way.
            let isPlain =
                ["PartitionedCall", "StatefulPartitionedCall", function.name].contains(node.operation)
            return isPlain && parameter < node.inputs.count && isFileName(node.inputs[parameter])
        }
        return reached.allSatisfy { isPassed($0) { isFileName($0) } }
            && functions.allSatisfy { caller in
                caller.nodes.allSatisfy { node in
                    isPassed(node) { isFileName($0, in: caller, reached, functions, depth: depth + 1) }
                }
            }
    }

    /// The number of the parameter that an input is, passed on unchanged.
    private func parameter(_ input: String, in function: TensorFlowGraph.Function) -> Int? {
        var name = TensorFlowGraph.nodeName(input)
        for _ in 0..<16 {
            if let index = function.parameters.firstIndex(of: name) { return index }
            guard let node = function.nodes.first(where: { $0.name == name }), node.operation == "Identity",
                let before = node.inputs.first
            else { return nil }
            name = TensorFlowGraph.nodeName(before)
        }
        return nil
    }
}
