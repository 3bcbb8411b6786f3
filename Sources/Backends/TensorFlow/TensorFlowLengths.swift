import CTensorFlow

/// Lengths of the spectra of real numbers.
///
/// A length of 0 for what is not empty ends the process (seen with 2.21), and any run could bring one. So a
/// length is a constant, as `tf.signal` makes it of a number and for frames of sound, or the size of what is
/// transformed itself, as it makes it if it is given none.
struct TensorFlowLengths {
    /// What a node's inputs are looked up in: the graph, or a function.
    private let byName: [String: TensorFlowGraph.Node]
    /// Names for which a run or a call brings values, also if constants have them.
    private let given: Set<String>

    /// Operations by their names, with how many dimensions they transform.
    private static let forward = ["RFFT": 1, "RFFT2D": 2, "RFFT3D": 3]
    private static let all = Set(forward.keys).union(forward.keys.map { "I" + $0 })
    private static let int32 = UInt64(TF_INT32)

    /// - Parameter inputs: `node` or `node:output`, for which runs bring values.
    /// - Throws: `.length` for a node whose length may be 0; `.malformed` if two nodes have one name.
    static func check(_ graph: TensorFlowGraph, inputs: [String]) throws(TensorFlowRefusal) {
        try check(graph.nodes, given: inputs.map(TensorFlowGraph.nodeName))
        for function in graph.functions { try check(function.nodes, given: function.parameters) }
    }

    private static func check(
        _ nodes: [TensorFlowGraph.Node], given: [String]
    ) throws(TensorFlowRefusal) {
        let spectra = nodes.filter { all.contains($0.operation) }
        guard !spectra.isEmpty else { return }
        let byName = Dictionary(nodes.map { ($0.name, $0) }) { first, _ in first }
        guard byName.count == nodes.count else { throw .malformed }
        let lengths = TensorFlowLengths(byName: byName, given: Set(given))
        for node in spectra {
            guard lengths.hasLength(node) else { throw .length(node: node.name) }
        }
    }

    private func hasLength(_ node: TensorFlowGraph.Node) -> Bool {
        guard let input = node.data(1) else { return false }
        return isAboveZero(input) || isSize(input, of: node)
    }

    /// The node that an input comes from, if it is computed here.
    private func maker(of input: String, _ operation: String) -> TensorFlowGraph.Node? {
        let name = TensorFlowGraph.nodeName(input)
        guard !given.contains(name), let node = byName[name], node.operation == operation else { return nil }
        return node
    }

    private func constant(_ input: String?) -> [Int64] {
        guard let input, let node = maker(of: input, "Const"), node.valueType == Self.int32 else { return [] }
        return node.values
    }

    /// Whether it is a constant, or a list of constants, above 0.
    private func isAboveZero(_ input: String) -> Bool {
        func isAbove(_ numbers: [Int64]) -> Bool {
            !numbers.isEmpty && numbers.allSatisfy { (1...Int64(Int32.max)).contains($0) }
        }
        guard let list = maker(of: input, "Pack") else { return isAbove(constant(input)) }
        // No more dimensions than that are transformed.
        return (1...3).contains(list.inputs.count) && list.inputs.allSatisfy { isAbove(constant($0)) }
    }

    /// Whether it is `shape(x)[-n:]` for the last n dimensions of x, which are transformed.
    private func isSize(_ input: String, of node: TensorFlowGraph.Node) -> Bool {
        guard let dimensions = Self.forward[node.operation], let part = maker(of: input, "StridedSlice"),
            let sizes = part.data(0), let shape = maker(of: sizes, "Shape"), let sized = shape.data(0),
            sized == node.data(0)
        else { return false }
        return constant(part.data(1)) == [Int64(-dimensions)] && constant(part.data(3)) == [1]
            && part.integers["end_mask"] == 1
            && ["begin_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask"].allSatisfy {
                part.integers[$0, default: 0] == 0 && !part.placeholders.contains($0)
            }
    }
}

extension TensorFlowGraph.Node {
    /// The input of this number that is a value, not only an order.
    fileprivate func data(_ index: Int) -> String? {
        inputs.lazy.filter { !$0.hasPrefix("^") }.dropFirst(index).first
    }
}
