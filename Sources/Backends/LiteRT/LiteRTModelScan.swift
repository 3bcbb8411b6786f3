import Formats

/// Reads a model in the TFLite format before the runtime does, and refuses what that would take too well.
///
/// The runtime checks that everything in a file lies inside of it, but believes what that says: it ends the
/// process for names that are not there, scales that make no sense, and values that nothing computes, and it
/// opens the files that a model names for its weights (all seen with 2.3.0). Costs a step per tensor and
/// operator; weights are not looked at.
enum LiteRTModelScan {
    /// Why a model is refused.
    enum Refusal: Error, Equatable {
        /// A tensor's bytes are to come from a file.
        case externalData
        /// It is not a model, or contradicts itself.
        case malformed(String)
        /// It has something that the runtime does not handle safely.
        case unsupported(String)
    }

    /// Longer files are not checked by the runtime.
    static let maximumByteCount = 2_000_000_000
    /// How deep graphs may use graphs: the runtime's stack is as deep.
    static let maximumDepth = 32
    /// How often operators may use graphs, all together and each.
    static let maximumUses = 1 << 16

    /// Reads the model.
    /// - Throws: why it is refused.
    @discardableResult
    static func check(_ bytes: Span<UInt8>) throws(Refusal) -> LiteRTFindings {
        guard bytes.count <= maximumByteCount else { throw .unsupported("a file of more than 2 GB") }
        guard bytes.count >= 8, isMarked(bytes) else { throw .malformed("") }
        do {
            return try read(bytes)
        } catch let error as Refusal {
            throw error
        } catch {
            throw .malformed("")
        }
    }

    /// Whether the format's mark is where it has to be.
    private static func isMarked(_ bytes: Span<UInt8>) -> Bool {
        let mark: StaticString = "TFL3"
        return mark.withUTF8Buffer { mark in
            (0..<4).allSatisfy { unsafe bytes[4 + $0] == mark[$0] }
        }
    }

    private static func read(_ reader: Span<UInt8>) throws -> LiteRTFindings {
        let model = try reader.root()
        guard try reader.tables(TFLiteField.Model.externalBufferGroups, of: model).isEmpty,
            try reader.tables(TFLiteField.Model.externalBuffers, of: model).isEmpty
        else {
            throw Refusal.externalData
        }
        try LiteRTReading.check(reader, model)
        let contents = LiteRTContents(
            operators: try operators(reader, model), weights: try weights(reader, model))
        let graphs = try reader.tables(TFLiteField.Model.subgraphs, of: model)
        guard !graphs.isEmpty else { throw Refusal.malformed("there is no graph") }
        var (ends, useCount): ([LiteRTGraphScan], Int) = ([], 0)
        for graph in graphs {
            ends.append(try LiteRTGraphScan(reader, graph, contents, graphCount: graphs.count))
            useCount += ends[ends.count - 1].usedGraphs.count
            guard useCount <= maximumUses else { throw Refusal.malformed("graphs use too many others") }
        }
        try checkDepth(ends.map(\.usedGraphs))
        try checkSignatures(reader, model, ends)
        for entry in try reader.tables(TFLiteField.Model.metadata, of: model) {
            guard try reader.text(TFLiteField.Metadata.name, of: entry) != nil else {
                throw Refusal.malformed("metadata has no name")
            }
            let buffer = try reader.index(TFLiteField.Metadata.buffer, of: entry)
            guard contents.weights.indices.contains(buffer) else {
                throw Refusal.malformed("metadata is not there")
            }
        }
        return try findings(reader, model, ends)
    }

    private static func findings(
        _ reader: Span<UInt8>, _ model: Int, _ graphs: [LiteRTGraphScan]
    ) throws -> LiteRTFindings {
        let signature = try reader.tables(TFLiteField.Model.signatureDefs, of: model).first
        let main = try signature.map { try reader.index(TFLiteField.SignatureDef.subgraphIndex, of: $0) } ?? 0
        // As in `weights`: an offset of 0 or 1 is none.
        let isBehind = try reader.tables(TFLiteField.Model.buffers, of: model).contains { buffer in
            try reader.field(TFLiteField.Buffer.offset, of: buffer).map { try reader.unsigned64(at: $0) > 1 }
                ?? false
        }
        return LiteRTFindings(
            graphIndex: main, graph: graphs[main],
            isGraphUsed: graphs.contains { $0.usedGraphs.contains(main) },
            hasWeightsBehind: isBehind)
    }

    /// The codes of the operators that the model uses.
    private static func operators(
        _ reader: Span<UInt8>, _ model: Int
    ) throws -> [Int] {
        var codes: [Int] = []
        for table in try reader.tables(TFLiteField.Model.operatorCodes, of: model) {
            let old =
                try reader.field(TFLiteField.OperatorCode.deprecatedBuiltinCode, of: table).map {
                    try reader.unsigned8(at: $0)
                } ?? 0
            let new =
                try reader.field(TFLiteField.OperatorCode.builtinCode, of: table).map {
                    try reader.signed32(at: $0)
                } ?? 0
            let code = max(old, new)
            if code == TFLiteOperator.custom.rawValue {
                guard try reader.text(TFLiteField.OperatorCode.customCode, of: table) != nil else {
                    throw Refusal.malformed("an operator has no name")
                }
            }
            codes.append(code)
        }
        return codes
    }

    /// Bytes of each buffer; nil for one that holds nothing.
    private static func weights(
        _ reader: Span<UInt8>, _ model: Int
    ) throws -> [Int?] {
        var counts: [Int?] = []
        for table in try reader.tables(TFLiteField.Model.buffers, of: model) {
            let offset =
                try reader.field(TFLiteField.Buffer.offset, of: table).map { try reader.unsigned64(at: $0) }
                ?? 0
            let size =
                try reader.field(TFLiteField.Buffer.size, of: table).map { try reader.unsigned64(at: $0) }
                ?? 0
            let (end, overflow) = offset.addingReportingOverflow(size)
            guard !overflow, end <= UInt64(reader.count) else {
                throw Refusal.malformed("weights are beyond the end")
            }
            let data = try reader.vector(TFLiteField.Buffer.data, of: table, width: 1)?.count
            counts.append(offset > 1 ? Int(size) : data)
        }
        return counts
    }

    /// Refuses graphs that use themselves, or each other too deep.
    private static func checkDepth(_ uses: [[Int]]) throws {
        // The depths of all that are known; each round adds those that use only known ones.
        var depths = [Int?](repeating: nil, count: uses.count)
        for _ in 0...min(uses.count, maximumDepth) {
            for index in uses.indices where depths[index] == nil {
                let below = uses[index].map { depths[$0] }
                guard below.allSatisfy({ $0 != nil }) else { continue }
                depths[index] = 1 + (below.compactMap { $0 }.max() ?? 0)
            }
        }
        guard depths.allSatisfy({ $0.map { $0 <= maximumDepth } ?? false }) else {
            throw Refusal.malformed("graphs use each other without end")
        }
    }

    private static func checkSignatures(
        _ reader: Span<UInt8>, _ model: Int, _ graphs: [LiteRTGraphScan]
    ) throws {
        let signatures = try reader.tables(TFLiteField.Model.signatureDefs, of: model)
        // Without signatures the runtime finds inputs and outputs by the names of their tensors.
        if signatures.isEmpty { try graphs[0].checkNames() }
        var keys: Set<[UInt8]> = [Array("<placeholder signature>".utf8)]
        for table in signatures {
            guard let key = try reader.text(TFLiteField.SignatureDef.signatureKey, of: table),
                keys.insert(key).inserted
            else {
                throw Refusal.malformed("a signature has no key of its own")
            }
            let index = try reader.index(TFLiteField.SignatureDef.subgraphIndex, of: table)
            guard graphs.indices.contains(index) else { throw Refusal.malformed("a signature has no graph") }
            try checkEnds(
                reader, try reader.tables(TFLiteField.SignatureDef.inputs, of: table), graphs[index].inputs)
            try checkEnds(
                reader, try reader.tables(TFLiteField.SignatureDef.outputs, of: table), graphs[index].outputs)
        }
    }

    /// Checks that names stand for exactly these tensors, and that no name is there twice.
    private static func checkEnds(
        _ reader: Span<UInt8>, _ entries: [Int], _ tensors: [Int]
    ) throws {
        var names: Set<[UInt8]> = []
        var named: Set<Int> = []
        for entry in entries {
            let tensor = try reader.index(TFLiteField.TensorMap.tensorIndex, of: entry)
            guard let name = try reader.text(TFLiteField.TensorMap.name, of: entry),
                names.insert(name).inserted
            else {
                throw Refusal.malformed("names of a signature are missing or repeated")
            }
            named.insert(tensor)
        }
        guard entries.count == tensors.count, named == Set(tensors) else {
            throw Refusal.malformed("a signature names other tensors than the graph has")
        }
    }
}

/// What all graphs of a model share.
struct LiteRTContents {
    /// The codes of operators.
    let operators: [Int]
    /// Bytes of each buffer; nil for one that holds nothing.
    let weights: [Int?]
}

/// What the scan knows of a model that it lets through.
struct LiteRTFindings {
    /// The graph that runs: that of the first signature.
    let graphIndex: Int
    let graph: LiteRTGraphScan
    /// Whether operators of other graphs use that graph.
    let isGraphUsed: Bool
    /// Whether weights are found by how far they are from the beginning of the file.
    let hasWeightsBehind: Bool
}
