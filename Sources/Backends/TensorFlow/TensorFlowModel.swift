import CTensorFlow
import Execution
import Synchronization

/// A graph in the runtime's memory, and a session in which it runs; freed with its last user.
@safe
final class TensorFlowModel: @unchecked Sendable {
    let graph: OpaquePointer
    private let session: OpaquePointer
    let functions: TensorFlowFunctions
    private let closed = Atomic<Bool>(false)

    /// Takes both over.
    init(graph: OpaquePointer, session: OpaquePointer, _ functions: TensorFlowFunctions) {
        unsafe self.graph = graph
        unsafe self.session = session
        self.functions = functions
    }

    deinit {
        // Safety: no run is under way, since each holds this object. An error would change nothing.
        _ = try? unsafe functions.check { unsafe $0.TF_CloseSession(session, $1) }
        _ = try? unsafe functions.check { unsafe $0.TF_DeleteSession(session, $1) }
        unsafe functions.pointer.pointee.TF_DeleteGraph(graph)
    }

    /// Whether runs end or do not begin any more.
    var isClosed: Bool { closed.load(ordering: .acquiring) }

    /// Ends all runs under way; any thread.
    func close() {
        closed.store(true, ordering: .releasing)
        // Safety: whoever calls holds this object.
        _ = try? unsafe functions.check { unsafe $0.TF_CloseSession(session, $1) }
    }

    /// RunOptions: all operators on the calling thread (inter_op_thread_pool, field 3, is -1).
    private static let onCallingThread: [UInt8] = [0x18] + [UInt8](repeating: 0xFF, count: 9) + [0x01]

    /// One call of the runtime.
    ///
    /// - Parameters:
    ///   - values: of `inputs`; they stay the caller's.
    ///   - results: room for one for each of `outputs`, which the caller releases.
    func run(
        _ inputs: [tensorflow_output], _ values: UnsafeMutableBufferPointer<OpaquePointer?>,
        _ outputs: [tensorflow_output], _ results: UnsafeMutableBufferPointer<OpaquePointer?>
    ) throws(ExecutionError) {
        try unsafe functions.check { functions, status in
            unsafe Self.onCallingThread.withUnsafeBytes { bytes in
                // Safety: all buffers are as long as the call is told, and outlive it.
                var options = unsafe tensorflow_buffer(
                    data: bytes.baseAddress, length: bytes.count, free: nil)
                unsafe functions.TF_SessionRun(
                    session, &options, inputs, values.baseAddress, Int32(inputs.count), outputs,
                    results.baseAddress, Int32(outputs.count), nil, 0, nil, status)
            }
        }
    }
}
