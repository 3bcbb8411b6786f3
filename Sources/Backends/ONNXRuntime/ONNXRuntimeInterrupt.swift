import CONNXRuntime
import Execution

/// The options that one thread's runs have, through which another thread can end them.
@safe
final class ONNXRuntimeInterrupt: RunInterrupt, @unchecked Sendable {
    private let table: ONNXRuntimeTable
    /// For one run at a time; valid as long as this object.
    let options: OpaquePointer

    private init(_ table: ONNXRuntimeTable) throws(ExecutionError) {
        var created: OpaquePointer?
        // Safety: the caller gets what is made.
        try unsafe table.check(onnx_run_options_create(table.pointer, &created))
        guard let options = unsafe created else { throw .outOfMemory }
        self.table = table
        unsafe self.options = options
    }

    deinit {
        // Safety: each run holds this object through its thread's slot.
        unsafe onnx_run_options_release(table.pointer, options)
    }

    /// The thread's, made at its first run.
    @inline(__always)
    static func of(
        _ stop: RunStop, _ table: ONNXRuntimeTable
    ) throws(ExecutionError) -> ONNXRuntimeInterrupt {
        if let known = stop.interrupt as? ONNXRuntimeInterrupt, unsafe known.table.pointer == table.pointer {
            return known
        }
        return try ONNXRuntimeInterrupt(table)
    }

    func raise() { unsafe expectSuccess(onnx_run_options_set_terminate(table.pointer, options)) }

    func lower() { unsafe expectSuccess(onnx_run_options_unset_terminate(table.pointer, options)) }

    /// Both calls write a flag.
    private func expectSuccess(_ status: OpaquePointer?) {
        guard unsafe status != nil else { return }
        preconditionFailure("ONNX Runtime could not write a flag")
    }
}
