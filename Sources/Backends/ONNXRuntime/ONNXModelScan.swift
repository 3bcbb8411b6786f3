import Formats

/// Reads a model in ONNX's own encoding far enough to know that it keeps all its weights inside.
///
/// A model may name files from which a runtime then reads weights; from a client that would be any file
/// that the server can read. Such a tensor can hide in initializers, in attributes of nodes, in sparse
/// tensors, in nested graphs, in functions and in what is for training only. Bytes that this scan cannot
/// read to their end are refused as well, so that nothing can hide behind what another reader would take
/// differently. Weights themselves are skipped: a model of any size takes about as long as its nodes do.
/// Then it looks for what would never end or would end the process: `ONNXFunctionCalls`, `ONNXOperatorRules`.
struct ONNXModelScan {
    /// Why a model is refused.
    enum Refusal: Equatable, WireFailure {
        /// A tensor's bytes are to come from a file.
        case externalData
        /// It is in ONNX Runtime's own format.
        case runtimeFormat
        /// It is not a message of the format, or nested deeper than a reader follows.
        case malformed
        /// Longer than a reader takes.
        case tooLarge
        /// A function that calls itself has no end.
        case recursion(String)
        /// Functions that call functions make too many nodes of few, or calls within calls.
        case expansion
        /// An attribute or input that the runtime takes for granted is not there or not valid.
        case node(String, operation: String, lacks: String)
        /// An operator that goes beyond its memory by the shapes of its inputs.
        case operation(String)
    }

    /// Bytes of all tensors in the model, as they are stored there.
    private(set) var weightByteCount = 0
    /// Whether the runtime may make one operator of products and their scales; see `ONNXProductScan`.
    private(set) var mayFuseProducts = true
    private var parts = ONNXParts()
    private var isInFunction = false
    private var isInTraining = false

    /// The format's readers count lengths in 32 bits with a sign.
    static let maximumByteCount = Int(Int32.max)

    /// Reads the model; costs a step per field outside of weights.
    init(_ bytes: Span<UInt8>) throws(Refusal) {
        guard bytes.count <= Self.maximumByteCount else { throw .tooLarge }
        guard !Self.isRuntimeFormat(bytes) else { throw .runtimeFormat }
        try readMessage(.model, bytes, 0..<bytes.count, depth: 0)
        try ONNXFunctionCalls.check(parts.nodes, parts.functions)
        try ONNXOperatorRules.check(parts, bytes)
        mayFuseProducts = try ONNXProductScan.mayFuse(parts, bytes)
    }

    /// Whether a small offset and the mark of the runtime's own format come first.
    private static func isRuntimeFormat(_ bytes: Span<UInt8>) -> Bool {
        guard bytes.count >= 8, bytes[2] == 0, bytes[3] == 0 else { return false }
        return bytes[4] == UInt8(ascii: "O") && bytes[5] == UInt8(ascii: "R")
            && bytes[6] == UInt8(ascii: "T") && bytes[7] == UInt8(ascii: "M")
    }

    /// Keeps what is looked at when all is read.
    private mutating func note(
        _ message: ONNXMessage, of parent: ONNXMessage, _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(Refusal) {
        switch message {
        case .training: isInTraining = true
        case .function:
            let function = try ONNXFunction(bytes, range)
            parts.functions.append(function)
            parts.brought.formUnion(function.parameters)
            isInFunction = true
        case .graph: try parts.addInputs(ofGraph: range, isWhole: parent == .model, bytes)
        case .node:
            let node = try ONNXNode(bytes, range)
            if isInFunction {
                parts.functions[parts.functions.count - 1].nodes.append(node)
            } else {
                parts.nodes.append(node)
            }
        case .tensor where parent == .graph && !isInTraining: parts.initializers.append(range)
        case .tensor where parent == .sparseTensor: try parts.addSparse(range, bytes)
        default: break
        }
    }

    private mutating func readMessage(
        _ message: ONNXMessage, _ bytes: Span<UInt8>, _ range: Range<Int>, depth: Int
    ) throws(Refusal) {
        guard depth <= WireReader<Refusal>.maximumDepth else { throw .malformed }
        var reader = WireReader<Refusal>(position: range.lowerBound, end: range.upperBound)
        while let field = try reader.nextField(bytes) {
            switch message.content(of: field.number) {
            case .ignored:
                try reader.skip(field, bytes, depth: depth)
            case .message(let child):
                let range = try reader.nextRange(of: field, bytes)
                try note(child, of: message, bytes, range)
                try readMessage(child, bytes, range, depth: depth + 1)
                if child == .function { isInFunction = false }
                if child == .training { isInTraining = false }
            case .weights:
                let start = reader.position
                try reader.skip(field, bytes, depth: depth)
                weightByteCount += reader.position - start
            case .location:
                // The last value counts for a reader, but only a zero is harmless in all of them.
                guard field.kind == .varint, try reader.nextVarint(bytes).isZero else { throw .externalData }
            case .file:
                throw .externalData
            }
        }
    }
}
