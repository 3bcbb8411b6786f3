import Formats

/// Says whether the time that a model takes follows from the shapes of its inputs, whatever they hold.
///
/// Only of such a model the past tells something of the next run. What follows from shapes and weights alone
/// is *fixed*. A model does not pass if what decides about the shape of a result is a value that is not
/// fixed, or if it has an operator that is not in `ONNXOperators`: loops, filters, texts, what draws numbers,
/// and all that nobody has looked at. Nor does it if a name stands for several things where both can be seen,
/// which the format forbids. Reads what `ONNXModelScan` has let through.
struct ONNXWorkScan {
    private typealias Failure = ONNXModelScan.Refusal
    private typealias Reader = WireReader<Failure>

    /// A node as far as it matters here.
    private struct Node {
        var inputs: [String] = []
        var outputs: [String] = []
        var operation = ""
        var domain = ""
        var graphs: [Range<Int>] = []
    }

    private(set) var isBounded = true
    /// Names of the values that are fixed, and of all values, as far as the graph at hand sees them.
    private var fixed: Set<String> = []
    private var defined: Set<String> = []
    /// The same as `defined`, in their order, so that those of a graph inside can be forgotten behind it.
    private var names: [String] = []

    init(_ bytes: Span<UInt8>) {
        do throws(Failure) {
            var reader = Reader(position: 0, end: bytes.count)
            while let field = try reader.nextField(bytes) {
                switch field.number {
                case ONNXField.ModelProto.graph:
                    try readGraph(bytes, try reader.nextRange(of: field, bytes), depth: 1)
                // Functions of the model's own are not followed.
                case ONNXField.ModelProto.functions: isBounded = false
                default: try reader.skip(field, bytes, depth: 0)
                }
                guard isBounded else { return }
            }
        } catch {
            isBounded = false
        }
    }

    private mutating func readGraph(
        _ bytes: Span<UInt8>, _ range: Range<Int>, depth: Int
    ) throws(Failure) {
        guard depth <= Reader.maximumDepth else { throw .malformed }
        let outerCount = names.count
        try readEnds(bytes, range, depth: depth)
        var reader = Reader(position: range.lowerBound, end: range.upperBound)
        while isBounded, let field = try reader.nextField(bytes) {
            guard field.number == ONNXField.GraphProto.node else {
                try reader.skip(field, bytes, depth: depth)
                continue
            }
            let node = try Self.node(bytes, try reader.nextRange(of: field, bytes))
            judge(node)
            for graph in node.graphs where isBounded { try readGraph(bytes, graph, depth: depth + 1) }
        }
        if depth > 1 { forget(outerCount) }
    }

    /// Reads the names of weights, which stand behind the nodes, and of inputs.
    private mutating func readEnds(
        _ bytes: Span<UInt8>, _ range: Range<Int>, depth: Int
    ) throws(Failure) {
        var inputs: [String] = []
        var reader = Reader(position: range.lowerBound, end: range.upperBound)
        while let field = try reader.nextField(bytes) {
            switch field.number {
            case ONNXField.GraphProto.initializer:
                define(
                    try Self.text(ONNXField.TensorProto.name, bytes, try reader.nextRange(of: field, bytes)),
                    isFixed: true)
            case ONNXField.GraphProto.input:
                inputs.append(
                    try Self.text(
                        ONNXField.ValueInfoProto.name, bytes, try reader.nextRange(of: field, bytes)))
            default: try reader.skip(field, bytes, depth: depth)
            }
        }
        // Older models name weights among their inputs. Those of the whole model nobody gives with a run.
        for name in inputs where depth > 1 || !fixed.contains(name) { define(name, isFixed: false) }
    }

    private mutating func define(_ name: String, isFixed: Bool) {
        guard defined.insert(name).inserted else {
            isBounded = false
            return
        }
        names.append(name)
        if isFixed { fixed.insert(name) }
    }

    private mutating func forget(_ outerCount: Int) {
        for name in names[outerCount...] {
            defined.remove(name)
            fixed.remove(name)
        }
        names.removeSubrange(outerCount...)
    }

    private mutating func judge(_ node: Node) {
        guard let rule = ONNXOperators.rule(node.operation, domain: node.domain) else {
            isBounded = false
            return
        }
        let isFixed = node.inputs.map { $0.isEmpty || fixed.contains($0) }
        let decides = rule.deciding(inputCount: node.inputs.count)
        guard decides.allSatisfy({ isFixed[$0] }) else {
            isBounded = false
            return
        }
        let isResultFixed = (rule == .shape || isFixed.allSatisfy(\.self)) && node.graphs.isEmpty
        for output in node.outputs where !output.isEmpty { define(output, isFixed: isResultFixed) }
    }

    private static func node(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(Failure) -> Node {
        var node = Node()
        var reader = Reader(position: range.lowerBound, end: range.upperBound)
        while let field = try reader.nextField(bytes) {
            switch field.number {
            case ONNXField.NodeProto.input:
                node.inputs.append(bytes.text(try reader.nextRange(of: field, bytes)))
            case ONNXField.NodeProto.output:
                node.outputs.append(bytes.text(try reader.nextRange(of: field, bytes)))
            case ONNXField.NodeProto.opType:
                node.operation = bytes.text(try reader.nextRange(of: field, bytes))
            case ONNXField.NodeProto.attribute:
                node.graphs += try graphs(bytes, try reader.nextRange(of: field, bytes))
            case ONNXField.NodeProto.domain: node.domain = bytes.text(try reader.nextRange(of: field, bytes))
            default: try reader.skip(field, bytes, depth: 0)
            }
        }
        return node
    }

    /// The graphs that an attribute holds.
    private static func graphs(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(Failure) -> [Range<Int>] {
        var graphs: [Range<Int>] = []
        var reader = Reader(position: range.lowerBound, end: range.upperBound)
        while let field = try reader.nextField(bytes) {
            switch field.number {
            case ONNXField.AttributeProto.g, ONNXField.AttributeProto.graphs:
                graphs.append(try reader.nextRange(of: field, bytes))
            default: try reader.skip(field, bytes, depth: 0)
            }
        }
        return graphs
    }

    /// The last text in a field of a message.
    private static func text(
        _ number: UInt32, _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(Failure) -> String {
        var text = ""
        var reader = Reader(position: range.lowerBound, end: range.upperBound)
        while let field = try reader.nextField(bytes) {
            guard field.number == number else {
                try reader.skip(field, bytes, depth: 0)
                continue
            }
            text = bytes.text(try reader.nextRange(of: field, bytes))
        }
        return text
    }
}
