/// Says whether the time that a graph takes follows from the shapes of what it is given, whatever that holds.
///
/// The same question as that of `ONNXWorkScan`, with the same answer to what nobody has looked at. Functions
/// are judged each by itself, with parameters that can be anything.
struct TensorFlowWork {
    /// Rounds until it is known which values are fixed; nodes stand in nearly the order in which they run.
    private static let mostRounds = 8

    let isBounded: Bool

    /// - Parameters:
    ///   - inputs: `node` or `node:output`. The runtime takes values for any node, also for a constant.
    ///   - outputs: the same; only what they need counts.
    init(_ graph: TensorFlowGraph, inputs: [String], outputs: [String]) {
        let functions = Dictionary(graph.functions.map { ($0.name, $0) }) { first, _ in first }
        var whole = TensorFlowGraph.Function()
        whole.parameters = inputs.map(TensorFlowGraph.nodeName)
        whole.nodes = Self.needed(graph.nodes, for: outputs)
        var (waiting, seen) = ([whole], Set<String>())
        while let body = waiting.popLast() {
            guard Self.isBounded(body, functions) else {
                isBounded = false
                return
            }
            for name in body.nodes.flatMap({ $0.functions + [$0.operation] })
            where seen.insert(name).inserted {
                if let body = functions[name] { waiting.append(body) }
            }
        }
        isBounded = true
    }

    /// The nodes that outputs are computed from.
    private static func needed(
        _ nodes: [TensorFlowGraph.Node], for outputs: [String]
    ) -> [TensorFlowGraph.Node] {
        let byName = Dictionary(nodes.map { ($0.name, $0) }) { first, _ in first }
        var (waiting, found) = (outputs.map(TensorFlowGraph.nodeName), [String: TensorFlowGraph.Node]())
        while let name = waiting.popLast() {
            guard found[name] == nil, let node = byName[name] else { continue }
            found[name] = node
            waiting += node.inputs.map(TensorFlowGraph.nodeName)
        }
        return nodes.filter { found[$0.name] != nil }
    }

    private static func isBounded(
        _ body: TensorFlowGraph.Function, _ functions: [String: TensorFlowGraph.Function]
    ) -> Bool {
        let fixed = fixedNodes(body)
        return body.nodes.allSatisfy { node in
            if functions[node.operation] != nil { return true }
            guard let rule = TensorFlowWorkRules.rule(node.operation) else { return false }
            let inputs = node.dataInputs
            return rule.deciding(inputCount: inputs.count).allSatisfy {
                fixed.contains(TensorFlowGraph.nodeName(inputs[$0]))
            }
        }
    }

    /// The names of the nodes whose results follow from shapes and constants.
    private static func fixedNodes(_ body: TensorFlowGraph.Function) -> Set<String> {
        let given = Set(body.parameters)
        var fixed: Set<String> = []
        for _ in 0..<mostRounds {
            let before = fixed.count
            for node in body.nodes where !fixed.contains(node.name) && !given.contains(node.name) {
                let rule = TensorFlowWorkRules.rule(node.operation)
                let inputs = node.dataInputs
                let isComputed =
                    rule != nil && node.functions.isEmpty && !inputs.isEmpty
                    && inputs.allSatisfy { fixed.contains(TensorFlowGraph.nodeName($0)) }
                if rule == .shape || node.operation == "Const" || isComputed { fixed.insert(node.name) }
            }
            guard fixed.count > before else { break }
        }
        return fixed
    }
}

extension TensorFlowGraph.Node {
    /// Inputs that are values, not only an order.
    fileprivate var dataInputs: [String] { inputs.filter { !$0.hasPrefix("^") } }
}
