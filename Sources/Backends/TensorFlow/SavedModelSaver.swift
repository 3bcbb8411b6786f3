/// Which nodes of a SavedModel run when, and whether those that read and write files stay out of it.
///
/// See `SavedModel` for the reasons.
struct SavedModelSaver {
    /// What is looked up in the graph or in a function.
    private struct Names {
        var nodes: [String: TensorFlowGraph.Node] = [:]
        var parameters: [String: Int] = [:]
    }

    /// A node that calls a function, and the function that it is in; nil for one of the graph.
    private struct Caller {
        let node: TensorFlowGraph.Node
        let function: String?
    }

    private struct Parameter: Hashable {
        let function: String
        let index: Int
    }

    private let nodes: [String: TensorFlowGraph.Node]
    private let calls: TensorFlowCalls
    private let fileName: String
    /// Of what restoring reaches, by the functions' names: each is looked at once, however often called.
    private var names: [String: Names] = [:]
    private var callers: [String: [Caller]] = [:]
    /// Whether each call gives the files' name for a parameter.
    private var known: [Parameter: Bool] = [:]

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
    mutating func checkRestoring(from operation: String) throws(TensorFlowRefusal) {
        guard !operation.isEmpty else { return }
        let reached = reached(from: [operation])
        let functions = calls.reached(from: reached)
        note(reached, in: nil)
        for function in functions {
            note(function.nodes, in: function.name)
            names[function.name] = Names(
                nodes: Dictionary(function.nodes.map { ($0.name, $0) }) { first, _ in first },
                // A list moves those behind it among the inputs of a call: they are not looked for.
                parameters: Dictionary(
                    zip(function.hasLists ? [] : function.parameters, 0...)
                ) { first, _ in first })
        }
        for node in reached { try checkReading(node) { isFileName($0) } }
        for function in functions {
            for node in function.nodes { try checkReading(node) { isFileName($0, in: function.name) } }
        }
    }

    private mutating func note(_ nodes: [TensorFlowGraph.Node], in function: String?) {
        for node in nodes {
            for callee in Set(calls.callees(of: node)) {
                callers[callee, default: []].append(Caller(node: node, function: function))
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

    /// Whether an input in a function is that tensor: a parameter for which each call gives it. No function
    /// calls itself.
    private mutating func isFileName(_ input: String, in function: String) -> Bool {
        guard let index = parameter(input, in: function) else { return false }
        let parameter = Parameter(function: function, index: index)
        if let known = known[parameter] { return known }
        var isGiven = true
        for caller in callers[function] ?? [] where isGiven {
            // Other operations number the inputs of their functions in another way.
            let isPlain = ["PartitionedCall", "StatefulPartitionedCall", function]
                .contains(caller.node.operation)
            guard isPlain, index < caller.node.inputs.count else {
                isGiven = false
                break
            }
            let given = caller.node.inputs[index]
            isGiven = caller.function.map { isFileName(given, in: $0) } ?? isFileName(given)
        }
        known[parameter] = isGiven
        return isGiven
    }

    /// The number of the parameter that an input is, passed on unchanged.
    private func parameter(_ input: String, in function: String) -> Int? {
        let names = names[function] ?? Names()
        var name = TensorFlowGraph.nodeName(input)
        for _ in 0..<16 {
            if let index = names.parameters[name] { return index }
            guard let node = names.nodes[name], node.operation == "Identity", let before = node.inputs.first
            else { return nil }
            name = TensorFlowGraph.nodeName(before)
        }
        return nil
    }
}
