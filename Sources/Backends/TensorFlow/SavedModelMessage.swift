import Formats

/// What `saved_model.pb` says, as far as it has to be known: a SavedModel message with one graph.
struct SavedModelMessage {
    struct Signature {
        var inputs: [SavedModel.End] = []
        var outputs: [SavedModel.End] = []
    }

    private(set) var graph = TensorFlowGraph()
    private(set) var signature: Signature?
    /// The tensor into which the runtime puts the name of the variables' files; empty if there are none.
    private(set) var fileNameTensor = ""
    private(set) var restoringOperation = ""
    /// The nodes that run once before all others.
    private(set) var initialOperations: [String] = []
    private(set) var hasAssets = false
    private var tags: [String] = []
    private var keys: Set<String> = []

    private typealias Reader = TensorFlowGraph.Reader

    /// Keys under which preparing nodes are found.
    private static let initialKeys = ["saved_model_main_op", "legacy_init_op"]
    private static let initialSignature = "__saved_model_init_op"
    private static let defaultSignature = "serving_default"

    init(_ bytes: Span<UInt8>) throws(TensorFlowRefusal) {
        var hasGraph = false
        var reader = Reader(position: 0, end: bytes.count)
        while let field = try reader.nextField(bytes) {
            guard field.number == TensorFlowField.SavedModel.metaGraphs else {
                try reader.skip(field, bytes, depth: 0)
                continue
            }
            guard !hasGraph else { throw .savedModel("it has several graphs") }
            hasGraph = true
            try readMetaGraph(bytes, try reader.nextRange(of: field, bytes))
        }
        guard hasGraph, tags == [SavedModel.tag] else {
            throw .savedModel("it has no graph with the tag \(SavedModel.tag) alone")
        }
    }

    private mutating func readMetaGraph(
        _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(TensorFlowRefusal) {
        var reader = Reader(position: range.lowerBound, end: range.upperBound)
        while let field = try reader.nextField(bytes) {
            switch field.number {
            case TensorFlowField.MetaGraphDef.metaInfoDef:
                try Self.forEach(
                    TensorFlowField.MetaInfoDef.tags, bytes, try reader.nextRange(of: field, bytes)
                ) {
                    tags.append(bytes.text($0))
                }
            case TensorFlowField.MetaGraphDef.graphDef:
                try graph.read(bytes, try reader.nextRange(of: field, bytes))
            case TensorFlowField.MetaGraphDef.saverDef:
                try readSaver(bytes, try reader.nextRange(of: field, bytes))
            case TensorFlowField.MetaGraphDef.collectionDef:
                try readCollection(bytes, try reader.nextRange(of: field, bytes))
            case TensorFlowField.MetaGraphDef.signatureDef:
                try readSignature(bytes, try reader.nextRange(of: field, bytes))
            case TensorFlowField.MetaGraphDef.assetFileDef:
                hasAssets = true
                try reader.skip(field, bytes, depth: 0)
            default: try reader.skip(field, bytes, depth: 0)
            }
        }
    }

    private mutating func readSaver(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(TensorFlowRefusal) {
        var reader = Reader(position: range.lowerBound, end: range.upperBound)
        while let field = try reader.nextField(bytes) {
            switch field.number {
            case TensorFlowField.SaverDef.filenameTensorName:
                try reader.readOnce(&fileNameTensor, field, bytes)
            case TensorFlowField.SaverDef.restoreOpName:
                try reader.readOnce(&restoringOperation, field, bytes)
            default: try reader.skip(field, bytes, depth: 0)
            }
        }
    }

    private mutating func readCollection(
        _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(TensorFlowRefusal) {
        let (key, value) = try entry(bytes, range)
        guard Self.initialKeys.contains(key) else { return }
        var lists: [Range<Int>] = []
        try Self.forEach(TensorFlowField.CollectionDef.nodeList, bytes, value) { lists.append($0) }
        for list in lists {
            try Self.forEach(TensorFlowField.NodeList.value, bytes, list) {
                initialOperations.append(bytes.text($0))
            }
        }
    }

    private mutating func readSignature(
        _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(TensorFlowRefusal) {
        let (key, value) = try entry(bytes, range)
        guard key == Self.defaultSignature || key == Self.initialSignature else { return }
        var signature = Signature()
        var reader = Reader(position: value.lowerBound, end: value.upperBound)
        while let field = try reader.nextField(bytes) {
            switch field.number {
            case TensorFlowField.SignatureDef.inputs:
                signature.inputs.append(try Self.end(bytes, try reader.nextRange(of: field, bytes)))
            case TensorFlowField.SignatureDef.outputs:
                signature.outputs.append(try Self.end(bytes, try reader.nextRange(of: field, bytes)))
            default: try reader.skip(field, bytes, depth: 0)
            }
        }
        guard key == Self.defaultSignature else {
            initialOperations += (signature.inputs + signature.outputs).map(\.tensor)
            return
        }
        self.signature = signature
    }

    /// An input or output: its key, and the name of its tensor; one without is refused.
    private static func end(
        _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(TensorFlowRefusal) -> SavedModel.End {
        let (key, value) = try pair(bytes, range)
        let tensor = try TensorFlowGraph.text(TensorFlowField.TensorInfo.name, bytes, value)
        guard !tensor.isEmpty else {
            throw .savedModel("its signature has an input or output that is no plain tensor")
        }
        return SavedModel.End(key: Array(key.utf8), tensor: tensor)
    }

    /// An entry of one of the graph's maps, whose keys must differ.
    private mutating func entry(
        _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(TensorFlowRefusal) -> (key: String, value: Range<Int>) {
        let (key, value) = try Self.pair(bytes, range)
        guard
            !Self.initialKeys.contains(key) && !key.hasPrefix("serving_default")
                && key != Self.initialSignature || keys.insert(key).inserted
        else { throw .malformed }
        return (key, value)
    }

    private static func pair(
        _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(TensorFlowRefusal) -> (key: String, value: Range<Int>) {
        var key = ""
        var value: Range<Int>?
        var reader = Reader(position: range.lowerBound, end: range.upperBound)
        while let field = try reader.nextField(bytes) {
            switch field.number {
            case WireMapEntry.key: try reader.readOnce(&key, field, bytes)
            case WireMapEntry.value:
                guard value == nil else { throw .malformed }
                value = try reader.nextRange(of: field, bytes)
            default: try reader.skip(field, bytes, depth: 0)
            }
        }
        return (key, value ?? range.upperBound..<range.upperBound)
    }

    /// The places of a field's messages or texts.
    private static func forEach(
        _ number: UInt32, _ bytes: Span<UInt8>, _ range: Range<Int>, _ body: (Range<Int>) -> Void
    ) throws(TensorFlowRefusal) {
        var reader = Reader(position: range.lowerBound, end: range.upperBound)
        while let field = try reader.nextField(bytes) {
            guard field.number == number else {
                try reader.skip(field, bytes, depth: 0)
                continue
            }
            body(try reader.nextRange(of: field, bytes))
        }
    }
}
