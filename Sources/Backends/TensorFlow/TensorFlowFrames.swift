/// How deep in loops of the older kind each node lies: `Enter` leads into one, `Exit` out of it.
///
/// TensorFlow goes beyond the end of its memory over an `Exit` that leads out of no loop (seen with 2.21).
struct TensorFlowFrames {
    private let nodes: [TensorFlowGraph.Node]

    init(_ nodes: [TensorFlowGraph.Node]) { self.nodes = nodes }

    /// - Throws: `.attribute` for a node that lies in no loop to leave, or at two depths; `.malformed` if two
    ///   nodes have one name, so that all that read it would read both.
    func check() throws(TensorFlowRefusal) {
        guard nodes.contains(where: { $0.operation.hasSuffix("Exit") }) else { return }
        guard Set(nodes.map(\.name)).count == nodes.count else { throw .malformed }
        let readers = readers
        var depths = [Int?](repeating: nil, count: nodes.count)
        var waiting: [Int] = []
        for (index, node) in nodes.enumerated() where node.inputs.isEmpty {
            depths[index] = 0
            waiting.append(index)
        }
        while let index = waiting.popLast() {
            let depth = try depthBehind(nodes[index], at: depths[index] ?? 0)
            for reader in readers[nodes[index].name] ?? [] {
                guard let known = depths[reader] else {
                    depths[reader] = depth
                    waiting.append(reader)
                    continue
                }
                guard known == depth else { throw refusal(of: nodes[reader]) }
            }
        }
    }

    /// The nodes that read each node, by its name.
    private var readers: [String: [Int]] {
        var readers: [String: [Int]] = [:]
        for (index, node) in nodes.enumerated() {
            for input in node.inputs { readers[TensorFlowGraph.nodeName(input), default: []].append(index) }
        }
        return readers
    }

    private func depthBehind(
        _ node: TensorFlowGraph.Node, at depth: Int
    ) throws(TensorFlowRefusal) -> Int {
        if node.operation.hasSuffix("Enter") { return depth + 1 }
        guard node.operation.hasSuffix("Exit") else { return depth }
        guard depth > 0 else { throw refusal(of: node) }
        return depth - 1
    }

    private func refusal(of node: TensorFlowGraph.Node) -> TensorFlowRefusal {
        .attribute(node: node.name, "frame_name")
    }
}
