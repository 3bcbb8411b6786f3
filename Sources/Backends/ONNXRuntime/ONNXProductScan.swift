import Formats

/// Says whether ONNX Runtime may make one operator of a product and its scales.
///
/// It does so of a MatMul whose factors are dequantized, and of a MatMulInteger whose result is scaled. The
/// one operator multiplies the product by the scales in place, and nobody asks whether it has room for their
/// shape: a column of scales for a product of one column writes behind it (seen with 1.32). Here, scales are
/// numbers, or one for each column of known weights, as all tools make them; models with others stay as they
/// are, and take a little longer.
struct ONNXProductScan {
    private static let products: Set = ["MatMul", "MatMulInteger"]

    private let nodes: [ONNXNode]
    /// Names of each node's inputs.
    private let inputs: [[String]]
    private let constants: ONNXConstants
    /// Nodes by the names of what they give, and of what they take; several where graphs use a name again.
    private var givers: [String: [Int]] = [:]
    private var takers: [String: [Int]] = [:]
    /// What may still be looked at; then nobody knows. Models in use take a few steps for each product.
    private var stepsLeft = 1 << 22

    /// - Throws: `.malformed` if attributes cannot be read.
    static func mayFuse(_ parts: ONNXParts, _ bytes: Span<UInt8>) throws(ONNXModelScan.Refusal) -> Bool {
        let operations = Set(parts.allNodes.map(\.operation))
        let isQuantized =
            operations.contains("MatMulInteger") || operations.isSuperset(of: ["MatMul", "DequantizeLinear"])
        guard isQuantized else { return true }
        // Names in functions stand for others at each call.
        guard parts.functions.isEmpty else { return false }
        var scan = try ONNXProductScan(parts, bytes)
        for index in parts.nodes.indices where products.contains(parts.nodes[index].operation) {
            guard try scan.mayFuse(index, bytes), scan.stepsLeft >= 0 else { return false }
        }
        return true
    }

    private init(_ parts: ONNXParts, _ bytes: Span<UInt8>) throws(ONNXModelScan.Refusal) {
        nodes = parts.nodes
        constants = try ONNXConstants(parts, bytes)
        inputs = nodes.map { $0.inputs.map { bytes.text($0) } }
        for index in nodes.indices {
            for name in nodes[index].outputs { givers[name, default: []].append(index) }
            for name in inputs[index] { takers[name, default: []].append(index) }
        }
    }

    private mutating func mayFuse(_ product: Int, _ bytes: Span<UInt8>) throws(ONNXModelScan.Refusal) -> Bool
    {
        // What lacks a factor fails when it is built.
        guard inputs[product].count >= 2 else { return true }
        return nodes[product].operation == "MatMul"
            ? try mayFuseDequantized(inputs[product][0], inputs[product][1], bytes)
            : mayFuseScaled(product)
    }

    // MARK: MatMul of what is dequantized

    private mutating func mayFuseDequantized(
        _ left: String, _ right: String, _ bytes: Span<UInt8>
    ) throws(ONNXModelScan.Refusal) -> Bool {
        let factors = [dequantizers(of: left), dequantizers(of: right)]
        guard factors.allSatisfy({ !$0.isEmpty }) else { return true }
        guard factors[0].allSatisfy({ isNumber(scale(of: $0.node)) }) else { return false }
        for found in factors[1] where !isNumber(scale(of: found.node)) {
            let isOfColumns = try axis(of: found.node, bytes) == (found.isTransposed ? 0 : 1)
            guard isOfColumns, isVector(scale(of: found.node)), isWide(inputs[found.node].first ?? "") else {
                return false
            }
        }
        return true
    }

    /// The nodes that dequantize what a value is, and whether it is the other way round by then.
    private mutating func dequantizers(of name: String) -> [(node: Int, isTransposed: Bool)] {
        var found: [(node: Int, isTransposed: Bool)] = []
        var seen: Set<String> = []
        var waiting = [(name: name, isTransposed: false)]
        while let (name, isTransposed) = waiting.popLast() {
            guard seen.insert(name).inserted else { continue }
            for giver in givers[name] ?? [] where spend(1) {
                switch nodes[giver].operation {
                case "DequantizeLinear": found.append((giver, isTransposed))
                case "Transpose": waiting.append((inputs[giver].first ?? "", !isTransposed))
                case "Identity": waiting.append((inputs[giver].first ?? "", isTransposed))
                default: break
                }
            }
        }
        return found
    }

    private func scale(of dequantizer: Int) -> String {
        inputs[dequantizer].count > 1 ? inputs[dequantizer][1] : ""
    }

    /// Of a matrix.
    private mutating func axis(
        of dequantizer: Int, _ bytes: Span<UInt8>
    ) throws(ONNXModelScan.Refusal) -> Int64 {
        var axis: Int64 = 1
        for place in nodes[dequantizer].attributes where spend(place.count) {
            let attribute = try ONNXAttribute(bytes, place)
            if attribute.name == "axis" { axis = attribute.integer }
        }
        return axis < 0 ? axis + 2 : axis
    }

    // MARK: MatMulInteger

    /// Whether nothing is done with the result but to make it real and to multiply it by fitting scales.
    private mutating func mayFuseScaled(_ product: Int) -> Bool {
        let isWide = isWide(inputs[product][1])
        for cast in takers(of: product) where spend(1) {
            guard nodes[cast].operation == "Cast" else { return false }
            for scaling in takers(of: cast) where spend(1 + inputs[scaling].count * nodes[cast].outputs.count)
            {
                guard nodes[scaling].operation == "Mul" else { return false }
                let scales = inputs[scaling].filter { !nodes[cast].outputs.contains($0) }
                for name in scales {
                    guard fits(name, isWide) else { return false }
                }
            }
        }
        return true
    }

    private mutating func takers(of node: Int) -> [Int] {
        var found: [Int] = []
        for name in nodes[node].outputs {
            let those = takers[name] ?? []
            if spend(1 + those.count) { found += those }
        }
        return found
    }

    /// Whether so many further steps may be taken.
    private mutating func spend(_ steps: Int) -> Bool {
        stepsLeft -= min(steps, stepsLeft + 1)
        return stepsLeft >= 0
    }

    /// Whether a value is a product of fitting scales, or a constant, with which nothing is fused.
    private mutating func fits(_ scales: String, _ isWide: Bool) -> Bool {
        let makers = givers[scales] ?? []
        guard !makers.isEmpty else { return constants.isConstant(scales) }
        guard spend(makers.reduce(0) { $0 + inputs[$1].count }) else { return false }
        return makers.allSatisfy { maker in
            nodes[maker].operation == "Mul"
                && inputs[maker].allSatisfy { isNumber($0) || isWide && isVector($0) }
        }
    }

    // MARK: Shapes

    private func isNumber(_ name: String) -> Bool {
        isKnown(name) { $0.allSatisfy { $0 == 1 } }
    }

    private func isVector(_ name: String) -> Bool { isKnown(name) { $0.count == 1 } }

    /// Whether it is a matrix of weights with several rows and columns.
    private func isWide(_ name: String) -> Bool {
        let makers = givers[name] ?? []
        let isQuantized = makers.count == 1 && nodes[makers[0]].operation == "QuantizeLinear"
        let weights = isQuantized ? inputs[makers[0]].first ?? "" : name
        return isKnown(weights) { $0.count == 2 && $0.allSatisfy { $0 > 1 } }
    }

    private func isKnown(_ name: String, _ suits: ([Int64]) -> Bool) -> Bool {
        guard constants.isConstant(name), let shapes = constants.shapes(of: name) else { return false }
        return shapes.allSatisfy(suits)
    }
}
