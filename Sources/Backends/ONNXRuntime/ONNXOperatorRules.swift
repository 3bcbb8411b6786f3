import Formats

/// What operators must have, and ONNX Runtime takes for granted, so that it ends and the process does not.
///
/// Seen with 1.32.0 by running random models (`make fuzz`). A rule asks for what an operator's own definition
/// asks for, or for what is in all models that are made with it, so that no exporter's model breaks one.
struct ONNXOperatorRules {
    /// The values that calls and functions give to the functions' attributes, by the attributes' names.
    private let given: [String: [ONNXAttribute]]
    private let constants: ONNXConstants
    /// What may still be looked at again: all nodes of a function may name what all calls give.
    private var stepsLeft = 1 << 22

    /// - Throws: `.node`, `.operation` with the first that breaks a rule.
    static func check(_ parts: ONNXParts, _ bytes: Span<UInt8>) throws(ONNXModelScan.Refusal) {
        let all = parts.allNodes
        for node in all where refused.contains(node.kind) { throw .operation(node.operation) }
        let ruled = all.filter { rules[$0.kind] != nil }
        guard !ruled.isEmpty else { return }
        var these = try ONNXOperatorRules(parts, bytes)
        for node in ruled { try these.check(node, bytes) }
    }

    private init(_ parts: ONNXParts, _ bytes: Span<UInt8>) throws(ONNXModelScan.Refusal) {
        let identities = Set(parts.functions.map(\.identity))
        let places =
            parts.functions.flatMap(\.defaults)
            + parts.allNodes.filter { identities.contains($0.callee) }.flatMap(\.attributes)
        var given: [String: [ONNXAttribute]] = [:]
        for place in places {
            let attribute = try ONNXAttribute(bytes, place)
            given[attribute.name, default: []].append(attribute)
        }
        self.given = given
        constants = try ONNXConstants(parts, bytes)
    }

    private mutating func check(_ node: ONNXNode, _ bytes: Span<UInt8>) throws(ONNXModelScan.Refusal) {
        guard let rule = Self.rules[node.kind] else { return }
        var values: [String: [ONNXAttribute]] = [:]
        for place in node.attributes {
            let attribute = try ONNXAttribute(bytes, place)
            values[attribute.name, default: []] += try resolved(attribute)
        }
        let inputs = node.inputs.map { place in
            let name = bytes.text(place)
            return ONNXOperator.Input(
                isGiven: !name.isEmpty, shapes: constants.shapes(of: name),
                isAlwaysConstant: constants.isConstant(name))
        }
        if let lack = rule(ONNXOperator(inputs: inputs, values: values)) {
            throw .node(node.name, operation: node.operation, lacks: lack)
        }
    }

    /// All values that an attribute may have: those of the function's attribute to which it refers.
    private mutating func resolved(
        _ attribute: ONNXAttribute
    ) throws(ONNXModelScan.Refusal) -> [ONNXAttribute] {
        guard !attribute.reference.isEmpty else { return [attribute] }
        var found: [ONNXAttribute] = []
        var seen: Set<String> = []
        var waiting = [attribute.reference]
        while let name = waiting.popLast() {
            guard seen.insert(name).inserted else { continue }
            for value in given[name] ?? [] {
                stepsLeft -= 1 + value.text.count + value.integers.count
                guard stepsLeft >= 0 else { throw .expansion }
                if value.reference.isEmpty { found.append(value) } else { waiting.append(value.reference) }
            }
        }
        return found
    }
}

extension ONNXNode {
    /// The operator, whatever its overload.
    fileprivate var kind: ONNXFunction.Identity { .init(name: operation, domain: domain) }
}
