/// A SavedModel in one archive: which of its files count, and what its signature says.
///
/// A SavedModel's graph has, beside what a client runs, the nodes that save and restore its variables. They
/// read and write files by names that the graph computes, so they are let in but kept from running:
///
/// - `serving_default` and what prepares the model (`main_op`) must not reach any of them, neither directly
///   nor through a function.
/// - Restoring runs once, when the model is loaded. It must not reach those that save, and each `RestoreV2`
///   that it reaches must take its file's name straight from the tensor into which the runtime puts the
///   name of the variables in our private folder. A name from anywhere else, for example a constant, is
///   refused, so nothing but the archive's own variables is read.
/// - Nothing else of the graph ever runs, since clients name keys of the signature and never nodes.
///
/// Files that the model reads beside its variables (assets) are refused. Only `saved_model.pb` and the files
/// of the variables are written to the folder, under names of ours.
struct SavedModel {
    /// An input or output of the signature.
    struct End: Equatable {
        let key: [UInt8]
        /// `node:output`.
        let tensor: String
    }

    static let saverOperations: Set<String> = [
        "RestoreV2", "SaveV2", "MergeV2Checkpoints", "ShardedFilename",
    ]
    /// The graph that is for serving.
    static let tag = "serve"
    private static let graphName = "saved_model.pb"

    /// Sorted by their keys.
    let inputs: [End]
    let outputs: [End]
    /// Of all that is unpacked.
    let byteCount: Int
    /// Of its signature.
    let hasBoundedWork: Bool

    /// Reads and judges an archive; writes nothing.
    init(archive bytes: Span<UInt8>, _ rules: TensorFlowRules) throws(TensorFlowRefusal) {
        guard bytes.count <= Int(Int32.max) else { throw .tooLarge }
        let files = try SavedModelFiles(bytes)
        let message = try files.content(files.graph, bytes)
        byteCount = files.graph.byteCount + files.variables.reduce(0) { $0 + $1.entry.byteCount }
        guard message.count <= Int(Int32.max) else { throw .tooLarge }
        let model = try SavedModelMessage(message.span)
        let graph = model.graph
        try rules.check(graph)
        guard !model.hasAssets || rules.allowsAllOperations else {
            throw .savedModel("it reads files of its own (assets), which is not allowed")
        }
        guard let signature = model.signature else {
            throw .savedModel("it has no signature serving_default")
        }
        inputs = signature.inputs.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        outputs = signature.outputs.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        guard !outputs.isEmpty else { throw .savedModel("its signature has no outputs") }
        hasBoundedWork =
            TensorFlowWork(graph, inputs: inputs.map(\.tensor), outputs: outputs.map(\.tensor)).isBounded
        try TensorFlowLengths.check(graph, inputs: inputs.map(\.tensor))
        guard !rules.allowsAllOperations else { return }
        var saver = SavedModelSaver(graph, fileName: model.fileNameTensor)
        try saver.checkNoSaver(from: outputs.map(\.tensor) + model.initialOperations)
        try saver.checkRestoring(from: model.restoringOperation)
    }

    /// Writes what the runtime is to read.
    static func unpack(_ bytes: Span<UInt8>, into folder: PrivateFolder) throws(TensorFlowRefusal) {
        let files = try SavedModelFiles(bytes)
        let graph = try files.content(files.graph, bytes)
        var failure: String?
        do {
            try folder.write(graph, to: graphName)
            if !files.variables.isEmpty { try folder.makeFolder("variables") }
        } catch {
            failure = "the folder for temporary files cannot be written"
        }
        for variable in files.variables where failure == nil {
            let content = try files.content(variable.entry, bytes)
            do { try folder.write(content, to: "variables/\(variable.name)") } catch {
                failure = "the folder for temporary files cannot be written"
            }
        }
        if let failure { throw .savedModel(failure) }
    }
}
