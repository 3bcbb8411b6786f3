/// Attributes that say how many tensors a node takes or gives, and the sizes of windows.
///
/// The runtime believes a count before it looks at the inputs: a node of three inputs that says it has
/// 100,000,000 takes memory until the process is ended (seen with 2.21).
struct TensorFlowCounts {
    let node: TensorFlowGraph.Node
    let operation: TensorFlowOperation
    /// In a function an input may stand for all tensors of an argument.
    let isInFunction: Bool

    /// Tensors that an attribute may ask for. Models have some thousand.
    static let maximumCount: Int64 = 1 << 16

    /// Lists of sizes, none of which may be below 1, and of paddings, none of which may be below 0.
    private static let windows: Set<String> = ["strides", "dilations", "ksize", "ksizes", "rates"]
    private static let paddings = "explicit_paddings"

    /// - Throws: `.attribute`.
    func check() throws(TensorFlowRefusal) {
        for count in operation.inputs + operation.outputs {
            if case .number(let name) = count { try checkRange(name) }
        }
        try checkInputs()
        for (name, sizes) in node.lists {
            let isWindow = Self.windows.contains(name)
            guard isWindow || name == Self.paddings else { continue }
            let least: Int64 = isWindow ? 1 : 0
            guard sizes.allSatisfy({ (least...Int64(Int32.max)).contains($0) }) else { throw refusal(name) }
        }
    }

    /// A count that comes from who calls a function would not be known.
    private func checkRange(_ name: String) throws(TensorFlowRefusal) {
        guard !node.placeholders.contains(name) else { throw refusal(name) }
        guard let count = node.integers[name] else { return }
        guard (0...Self.maximumCount).contains(count) else { throw refusal(name) }
    }

    private func checkInputs() throws(TensorFlowRefusal) {
        guard !isInFunction, let name = operation.inputs.lazy.compactMap(\.attribute).first else { return }
        var expected: Int64 = 0
        for count in operation.inputs {
            // One that has its default is left to the runtime.
            guard let tensors = tensors(count) else { return }
            expected += tensors
        }
        let given = node.inputs.count { !$0.hasPrefix("^") }
        guard expected == given else { throw refusal(name) }
    }

    private func tensors(_ count: TensorFlowOperation.Count) -> Int64? {
        switch count {
        case .one: 1
        case .number(let name): node.integers[name]
        case .types(let name): node.typeCounts[name]
        }
    }

    private func refusal(_ name: String) -> TensorFlowRefusal { .attribute(node: node.name, name) }
}
