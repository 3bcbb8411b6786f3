import CONNXRuntime
import Execution
import Formats

/// The runtime's table of functions, and the one place where a status of theirs becomes an error.
@safe
struct ONNXRuntimeTable: @unchecked Sendable {
    /// What the functions of `CONNXRuntime` take first; valid as long as the process.
    let pointer: OpaquePointer

    /// The end of the runtime's text when the allocator had nothing left.
    private static let noMemoryEnding = "std::bad_alloc"

    /// The original's words for bytes that are no model.
    static let noGraph = "No graph was found in the protobuf."

    /// Does nothing for nil; else releases the status.
    /// - Throws: `.backend` with the runtime's words in one line, `.outOfMemory`.
    @inline(__always)
    func check(_ status: OpaquePointer?) throws(ExecutionError) {
        guard let status = unsafe status else { return }
        throw unsafe error(takenFrom: status)
    }

    /// The error that a status stands for; releases the status.
    func error(takenFrom status: OpaquePointer) -> ExecutionError {
        // Safety: the status is ours; its text is copied before it is released.
        defer { unsafe onnx_status_release(pointer, status) }
        let code = unsafe onnx_status_code(pointer, status)
        let text = unsafe onnx_status_text(pointer, status).map { unsafe String(cString: $0) } ?? ""
        let line = text.oneLine
        if line.hasSuffix(Self.noMemoryEnding) { return .outOfMemory }
        if line.hasSuffix(ONNX_LIMIT_TEXT) {
            // Without the operator that it happened to be, as clients expect it.
            let isBuilding = line.hasPrefix(ONNX_INITIALIZATION_PREFIX)
            return .backend((isBuilding ? ONNX_INITIALIZATION_PREFIX : "") + ONNX_LIMIT_TEXT)
        }
        return .backend(code == ORT_INVALID_PROTOBUF ? Self.noGraph : line)
    }
}
