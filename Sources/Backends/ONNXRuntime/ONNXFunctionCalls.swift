/// How many nodes a model has once each call is replaced by the function's nodes, which the runtime does
/// before anything else: thirty functions that each call the next twice are a billion nodes.
struct ONNXFunctionCalls {
    /// Nodes that calls may add. Models that exporters cut into functions have some thousand.
    static let maximumAddedNodes = 1 << 16
    /// Calls within calls; the runtime's own limit.
    static let maximumDepth = 100

    /// What takes the place of a call.
    private struct Expansion {
        var nodeCount = 0
        /// Calls within calls.
        var depth = 1
    }

    private var functions: [ONNXFunction.Identity: ONNXFunction] = [:]
    private var expansions: [ONNXFunction.Identity: Expansion] = [:]
    private var open: Set<ONNXFunction.Identity> = []

    /// - Throws: `.recursion`, `.expansion`; `.malformed` if there are two functions of a name.
    static func check(
        _ nodes: [ONNXNode], _ functions: [ONNXFunction]
    ) throws(ONNXModelScan.Refusal) {
        guard !functions.isEmpty else { return }
        var calls = ONNXFunctionCalls()
        for function in functions {
            // Of two functions with one name, it is open which one runs.
            guard calls.functions.updateValue(function, forKey: function.identity) == nil else {
                throw .malformed
            }
        }
        for function in functions { _ = try calls.expansion(of: function.identity) }
        _ = try calls.expansion(of: nodes)
    }

    private mutating func expansion(
        of identity: ONNXFunction.Identity
    ) throws(ONNXModelScan.Refusal) -> Expansion? {
        if let known = expansions[identity] { return known }
        guard let function = functions[identity] else { return nil }
        guard open.insert(identity).inserted else { throw .recursion(identity.name) }
        guard open.count <= Self.maximumDepth else { throw .expansion }
        let expansion = try expansion(of: function.nodes)
        open.remove(identity)
        guard expansion.depth <= Self.maximumDepth else { throw .expansion }
        expansions[identity] = expansion
        return expansion
    }

    /// What nodes become, without themselves.
    private mutating func expansion(of nodes: [ONNXNode]) throws(ONNXModelScan.Refusal) -> Expansion {
        var all = Expansion(nodeCount: nodes.count)
        for node in nodes {
            guard let inner = try expansion(of: node.callee) else { continue }
            let (sum, overflow) = all.nodeCount.addingReportingOverflow(inner.nodeCount)
            guard !overflow, sum - nodes.count <= Self.maximumAddedNodes else { throw .expansion }
            all.nodeCount = sum
            all.depth = max(all.depth, inner.depth + 1)
        }
        return all
    }
}
