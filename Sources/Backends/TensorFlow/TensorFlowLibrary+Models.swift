import CTensorFlow
import Execution
import Formats
import Tensors

/// Making models of bytes that the rules have let through.
extension TensorFlowLibrary {
    /// A model from a GraphDef message.
    /// - Parameter gpu: the number of the GPU; nil for the processor.
    func makeModel(_ bytes: Span<UInt8>, gpu: Int?) throws(ExecutionError) -> TensorFlowModel {
        // Safety: what is made here is released here, unless the model takes it over.
        guard let graph = unsafe functions.pointer.pointee.TF_NewGraph() else { throw .outOfMemory }
        do throws(ExecutionError) {
            try unsafe importGraph(bytes, into: graph, gpu: gpu)
            let options = try unsafe functions.makeSessionOptions(configuration(gpu: gpu))
            defer { unsafe functions.pointer.pointee.TF_DeleteSessionOptions(options) }
            let session = try unsafe functions.check { unsafe $0.TF_NewSession(graph, options, $1) }
            guard let session = unsafe session else { throw .outOfMemory }
            return unsafe TensorFlowModel(graph: graph, session: session, functions)
        } catch {
            unsafe functions.pointer.pointee.TF_DeleteGraph(graph)
            throw error
        }
    }

    private func importGraph(
        _ bytes: Span<UInt8>, into graph: OpaquePointer, gpu: Int?
    ) throws(ExecutionError) {
        guard let options = unsafe functions.pointer.pointee.TF_NewImportGraphDefOptions() else {
            throw .outOfMemory
        }
        // Safety: ours until the end; the runtime copies texts and uses the bytes during the call only.
        defer { unsafe functions.pointer.pointee.TF_DeleteImportGraphDefOptions(options) }
        if let gpu {
            unsafe functions.pointer.pointee.TF_ImportGraphDefOptionsSetDefaultDevice(
                options, "/device:GPU:\(gpu)")
        }
        try unsafe functions.check { functions, status in
            unsafe bytes.withUnsafeBytes { bytes in
                var buffer = unsafe tensorflow_buffer(
                    data: bytes.baseAddress, length: bytes.count, free: nil)
                unsafe functions.TF_GraphImportGraphDef(graph, &buffer, options, status)
            }
        }
    }

    /// RunOptions: milliseconds that restoring and preparing may take.
    private static let restoring = WireWriter {
        $0.number(TensorFlowField.RunOptions.timeoutInMs, 60_000)
    }.bytes

    /// A model from the archive of a SavedModel; its variables are restored from a private folder.
    func makeModel(savedModel bytes: Span<UInt8>, gpu: Int?) throws(ExecutionError) -> TensorFlowModel {
        let folder = try PrivateFolder()
        do throws(TensorFlowRefusal) { try SavedModel.unpack(bytes, into: folder) } catch {
            throw .backend(error.text)
        }
        // Safety: what is made here is released here, unless the model takes it over.
        guard let graph = unsafe functions.pointer.pointee.TF_NewGraph() else { throw .outOfMemory }
        do throws(ExecutionError) {
            let options = try unsafe functions.makeSessionOptions(configuration(gpu: gpu))
            defer { unsafe functions.pointer.pointee.TF_DeleteSessionOptions(options) }
            let session = try unsafe load(folder.path, options, into: graph)
            return unsafe TensorFlowModel(graph: graph, session: session, functions)
        } catch {
            unsafe functions.pointer.pointee.TF_DeleteGraph(graph)
            throw error
        }
    }

    private func load(
        _ folder: String, _ options: OpaquePointer, into graph: OpaquePointer
    ) throws(ExecutionError) -> OpaquePointer {
        let session = try unsafe functions.check { functions, status in
            unsafe Self.restoring.withUnsafeBytes { bytes in
                unsafe SavedModel.tag.withCString { tag in
                    // Safety: all of it outlives the call.
                    var run = unsafe tensorflow_buffer(
                        data: bytes.baseAddress, length: bytes.count, free: nil)
                    var tag: UnsafePointer<CChar> = unsafe tag
                    return unsafe functions.TF_LoadSessionFromSavedModel(
                        options, &run, folder, &tag, 1, graph, nil, status)
                }
            }
        }
        guard let session = unsafe session else { throw .outOfMemory }
        return unsafe session
    }
}
