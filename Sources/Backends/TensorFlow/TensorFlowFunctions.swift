import CTensorFlow
import Execution
import Formats

/// The runtime's functions, and the one place where a status of theirs becomes an error.
@safe
struct TensorFlowFunctions: @unchecked Sendable {
    /// Valid as long as the process: libraries are never closed.
    let pointer: UnsafePointer<tensorflow_functions>

    /// How the text begins when the runtime's allocator had nothing left.
    private static let noMemory = "OOM when allocating"

    /// Calls `body` with a status of its own.
    /// - Throws: `.backend` with the runtime's words in one line, `.outOfMemory`.
    @inline(__always)
    func check<Result>(
        _ body: (tensorflow_functions, OpaquePointer) -> Result
    ) throws(ExecutionError) -> Result {
        // Safety: the status is ours and alive until the end of this function.
        guard let status = unsafe pointer.pointee.TF_NewStatus() else { throw .outOfMemory }
        defer { unsafe pointer.pointee.TF_DeleteStatus(status) }
        let result = unsafe body(pointer.pointee, status)
        let code = unsafe pointer.pointee.TF_GetCode(status)
        guard code != TSL_OK else { return result }
        throw unsafe error(of: status, code: code)
    }

    private func error(of status: OpaquePointer, code: Int32) -> ExecutionError {
        // Safety: the text belongs to the status, and is copied.
        let text = unsafe pointer.pointee.TF_Message(status).map { unsafe String(cString: $0) } ?? ""
        let line = text.oneLine
        if code == TSL_RESOURCE_EXHAUSTED, line.hasPrefix(Self.noMemory) { return .outOfMemory }
        return .backend(line.isEmpty ? "TensorFlow failed with code \(code)" : line)
    }
}
