/// Says whether the time that a model takes follows from the shapes of its inputs, whatever they hold.
///
/// Only of such a model the past tells something of the next run. What follows from shapes and weights alone
/// is *fixed*. A model does not pass if what decides about the shape of a result is a value that is not
/// fixed, or if it has an operator that is not in `ONNXOperators`: loops, filters, texts, what draws numbers,
/// and all that nobody has looked at. Reads what `ONNXModelScan` has let through.
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
    /// Names of the values that are fixed.
    private var fixed: Set<String> = []

    init(_ bytes: Span<UInt8>) {
        do throws(Failure) {
            var reader = Reader(position: 0, end: bytes.count)
            while let field = try reader.nextField(bytes) {
                switch field.number {
                case 7: try readGraph(bytes, try reader.nextRange(of: field, bytes), depth: 1)
                // Functions of the model's own are not followed.
                case 25: isBounded = false
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
        // Weights stand behind the nodes.
        var reader = Reader(position: range.lowerBound, end: range.upperBound)
        while let field = try reader.nextField(bytes) {
            guard field.number == 5 else {
                try reader.skip(field, bytes, depth: depth)
                continue
            }
            fixed.insert(try Self.text(8, bytes, try reader.nextRange(of: field, bytes)))
        }
        reader = Reader(position: range.lowerBound, end: range.upperBound)
        while isBounded, let field = try reader.nextField(bytes) {
            guard field.number == 1 else {
                try reader.skip(field, bytes, depth: depth)
                continue
            }
            let node = try Self.node(bytes, try reader.nextRange(of: field, bytes))
            judge(node)
            for graph in node.graphs where isBounded { try readGraph(bytes, graph, depth: depth + 1) }
        }
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
        for output in node.outputs where !output.isEmpty {
            // A name that stands for several things is not fixed.
            if isResultFixed { fixed.insert(output) } else { fixed.remove(output) }
        }
    }

    private static func node(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(Failure) -> Node {
        var node = Node()
        var reader = Reader(position: range.lowerBound, end: range.upperBound)
        while let field = try reader.nextField(bytes) {
            switch field.number {
            case 1: node.inputs.append(bytes.text(try reader.nextRange(of: field, bytes)))
            case 2: node.outputs.append(bytes.text(try reader.nextRange(of: field, bytes)))
            case 4: node.operation = bytes.text(try reader.nextRange(of: field, bytes))
            case 5: node.graphs += try graphs(bytes, try reader.nextRange(of: field, bytes))
            case 7: node.domain = bytes.text(try reader.nextRange(of: field, bytes))
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
            case 6, 11: graphs.append(try reader.nextRange(of: field, bytes))
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
