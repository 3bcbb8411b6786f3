import CTorchBridge
import Execution
import Formats

/// The bridge's table of functions, and the one place where a failure of theirs becomes an error.
@safe
struct TorchBridge: @unchecked Sendable {
    /// Valid as long as the process.
    let table: UnsafePointer<torch_bridge>

    /// What a run says that was stopped from outside, in the words that clients know of other runtimes.
    static let stopped = "Exiting due to terminate flag being set to true"

    /// Does nothing for nil; else releases the failure.
    /// - Throws: `.backend` with libtorch's words in one line, `.outOfMemory`, `.noGPU`.
    @inline(__always)
    func check(_ failure: OpaquePointer?) throws(ExecutionError) {
        guard let failure = unsafe failure else { return }
        throw unsafe error(takenFrom: failure)
    }

    private func error(takenFrom failure: OpaquePointer) -> ExecutionError {
        // Safety: the failure is ours; its text is copied before it is released.
        defer { unsafe table.pointee.failure_release(failure) }
        switch unsafe table.pointee.failure_kind(failure) {
        case Int32(TORCH_OUT_OF_MEMORY.rawValue): return .outOfMemory
        case Int32(TORCH_NO_GPU.rawValue): return .noGPU(.torch)
        case Int32(TORCH_STOPPED.rawValue): return .backend(Self.stopped)
        default:
            let text = unsafe bytes(of: table.pointee.failure_text(failure))
            // Some begin with an empty line.
            return .backend(String(decoding: text.drop { $0 <= 0x20 }, as: UTF8.self).oneLine)
        }
    }

    /// A copy of a text of the bridge's.
    func bytes(of text: torch_text) -> [UInt8] {
        // Safety: the text has as many bytes as it says, and its owner is alive during the call.
        unsafe Array(UnsafeRawBufferPointer(start: text.bytes, count: text.byte_count))
    }
}
