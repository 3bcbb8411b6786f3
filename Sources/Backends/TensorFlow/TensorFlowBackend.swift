import CTensorFlow
import Execution
import Formats
import Tensors

/// Frozen graphs and SavedModels, run by TensorFlow.
@safe
final class TensorFlowBackend: Backend, @unchecked Sendable {
    private let library: TensorFlowLibrary

    /// Opens the runtime's library.
    /// - Throws: why it cannot be used.
    init(libraryPath: String, options: BackendOptions) throws(BackendOpeningError) {
        library = try TensorFlowLibrary(path: libraryPath, options: options)
    }

    var kind: BackendKind { .tensorFlow }
    var version: String { library.version }
    /// The runtime has an allocator of its own.
    var memoryByteCount: Int { 0 }
    var allocationCount: Int { 0 }

    /// Times what is stored in a model's bytes that it takes in memory: the graph, and what a session makes.
    private static let memoryFactor = 2

    func load(_ definition: ModelDefinition) throws(ExecutionError) -> any LoadedModel {
        let isGPU = definition.device.kind == .gpu
        guard !isGPU || library.hasGPU else { throw .noGPU(.tensorFlow) }
        let gpu = isGPU ? definition.device.index ?? 0 : nil
        let isArchive = definition.bytes.withBytes { ZIPArchive.isArchive($0) }
        return isArchive ? try loadSavedModel(definition, gpu) : try loadGraph(definition, gpu)
    }

    // MARK: Graphs

    private func loadGraph(_ definition: ModelDefinition, _ gpu: Int?) throws(ExecutionError)
        -> any LoadedModel
    {
        let (library, bytes) = (library, definition.bytes)
        let inputNames = definition.inputNames.map { String(decoding: $0, as: UTF8.self) }
        let outputNames = definition.outputNames.map { String(decoding: $0, as: UTF8.self) }
        let isBounded = try bytes.withBytes { bytes throws(ExecutionError) in
            do throws(TensorFlowRefusal) {
                return TensorFlowWork(try scan(bytes), inputs: inputNames, outputs: outputNames).isBounded
            } catch { throw .backend(error.text) }
        }
        let build: TensorFlowSession.Builder = { () throws(ExecutionError) in
            try bytes.withBytes { bytes throws(ExecutionError) in try library.makeModel(bytes, gpu: gpu) }
        }
        let model = try build()
        return try TensorFlowSession(
            model,
            inputs: try definition.inputNames.map { name throws(ExecutionError) in
                try Self.input(name, of: model)
            },
            outputs: try definition.outputNames.map { name throws(ExecutionError) in
                try Self.output(name, of: model)
            },
            hasBoundedWork: isBounded, memoryByteCount: Self.memoryFactor * bytes.count, library: library,
            build: build)
    }

    private func scan(_ bytes: Span<UInt8>) throws(TensorFlowRefusal) -> TensorFlowGraph {
        guard bytes.count <= Int(Int32.max) else { throw .tooLarge }
        var graph = TensorFlowGraph()
        try graph.read(bytes, 0..<bytes.count)
        // Nothing at all is a message as well.
        guard !graph.nodes.isEmpty else { throw .malformed }
        try TensorFlowRules(
            operations: library.operations, allowsAllOperations: library.allowsAllOperations
        ).check(graph)
        try TensorFlowLengths.check(graph, inputs: [])
        return graph
    }

    private static func input(_ name: [UInt8], of model: TensorFlowModel) throws(ExecutionError)
        -> TensorFlowEnd
    {
        let text = String(decoding: name, as: UTF8.self)
        guard let output = unsafe find(name, 0, in: model), unsafe model.isPlaceholder(output) else {
            throw .backend("ERR Input node named \"\(text.oneLine)\" not found in TF graph.")
        }
        return TensorFlowEnd(
            specification: try unsafe model.specification(of: output, named: name), node: name.terminated,
            index: 0)
    }

    private static func output(_ name: [UInt8], of model: TensorFlowModel) throws(ExecutionError)
        -> TensorFlowEnd
    {
        let text = String(decoding: name, as: UTF8.self)
        let (node, index) = TensorFlowEnd.parts(text)
        let bytes = Array(node.utf8)
        guard let output = unsafe find(bytes, index, in: model) else {
            throw .backend("ERR Output node named \"\(text.oneLine)\" not found in TF graph")
        }
        return TensorFlowEnd(
            specification: try unsafe model.specification(of: output, named: name), node: bytes.terminated,
            index: index)
    }

    private static func find(
        _ name: [UInt8], _ index: Int32, in model: TensorFlowModel
    ) -> tensorflow_output? {
        name.contains(0) ? nil : unsafe model.output(name.terminated, index)
    }

    // MARK: SavedModels

    private func loadSavedModel(
        _ definition: ModelDefinition, _ gpu: Int?
    ) throws(ExecutionError) -> any LoadedModel {
        let (library, bytes) = (library, definition.bytes)
        let rules = TensorFlowRules(
            operations: library.operations,
            allowsAllOperations: library.allowsAllOperations, extraOperations: SavedModel.saverOperations)
        let saved: SavedModel = try bytes.withBytes { bytes throws(ExecutionError) in
            do throws(TensorFlowRefusal) { return try SavedModel(archive: bytes, rules) } catch {
                throw .backend(error.text)
            }
        }
        let build: TensorFlowSession.Builder = { () throws(ExecutionError) in
            try bytes.withBytes { bytes throws(ExecutionError) in
                try library.makeModel(savedModel: bytes, gpu: gpu)
            }
        }
        let model = try build()
        let inputs = try Self.chosen(definition.inputNames, of: saved.inputs, "Input")
        let outputs = try Self.chosen(definition.outputNames, of: saved.outputs, "Output")
        return try TensorFlowSession(
            model, inputs: try inputs.map { end throws(ExecutionError) in try Self.end(end, of: model) },
            outputs: try outputs.map { end throws(ExecutionError) in try Self.end(end, of: model) },
            hasBoundedWork: saved.hasBoundedWork, memoryByteCount: Self.memoryFactor * saved.byteCount,
            library: library, build: build)
    }

    /// The ends of the signature that the client names, or all of them, sorted by their keys.
    private static func chosen(
        _ names: [[UInt8]], of ends: [SavedModel.End], _ role: String
    ) throws(ExecutionError) -> [SavedModel.End] {
        guard !names.isEmpty else { return ends }
        let byKey = Dictionary(ends.map { ($0.key, $0) }) { first, _ in first }
        return try names.map { name throws(ExecutionError) in
            guard let end = byKey[name] else {
                let text = String(decoding: name, as: UTF8.self).oneLine
                throw .backend(
                    "ERR \(role) node named \"\(text)\" not found in TF graph\(role == "Input" ? "." : "")")
            }
            return end
        }
    }

    private static func end(
        _ end: SavedModel.End, of model: TensorFlowModel
    ) throws(ExecutionError) -> TensorFlowEnd {
        let (node, index) = TensorFlowEnd.parts(end.tensor)
        let bytes = Array(node.utf8)
        guard let output = unsafe find(bytes, index, in: model) else {
            throw .backend(TensorFlowRefusal.savedModel("its signature names what it does not have").text)
        }
        return TensorFlowEnd(
            specification: try unsafe model.specification(of: output, named: end.key),
            node: bytes.terminated, index: index)
    }
}

extension [UInt8] {
    /// As a text of C.
    fileprivate var terminated: [CChar] { map(CChar.init(bitPattern:)) + [0] }
}
