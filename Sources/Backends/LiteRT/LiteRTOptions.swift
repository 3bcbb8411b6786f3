import CLiteRT
import Execution
import Glibc

/// How instances are made.
enum LiteRTOptions {
    /// Options for one instance, which must outlive it; the caller destroys them.
    static func make(
        _ functions: UnsafePointer<litert_table>, hardware: Int32, threadCount: Int
    ) throws(ExecutionError) -> OpaquePointer {
        var created: OpaquePointer?
        // Safety: the caller gets what is made, unless something is refused.
        guard unsafe functions.pointee.create_options(&created) == 0, let options = unsafe created else {
            throw .outOfMemory
        }
        let texts = [
            ("xnnpack", "num_threads = \(threadCount)\n"),
            // Errors are kept for whoever asks, instead of being written to standard error.
            ("runtime_options_string", "error_reporter_mode = 2\n"),
        ]
        let isComplete =
            unsafe functions.pointee.set_hardware(options, hardware) == 0
            && texts.allSatisfy { unsafe add($0, $1, to: options, functions) }
        guard isComplete else {
            unsafe functions.pointee.destroy_options(options)
            throw LiteRTFailure.construct.error()
        }
        return unsafe options
    }

    private static func add(
        _ name: String, _ text: String, to options: OpaquePointer, _ functions: UnsafePointer<litert_table>
    ) -> Bool {
        // Safety: the runtime frees the copy, and what holds it goes with the options; if it does not take
        // them over, they are destroyed here.
        guard let copy = unsafe strdup(text) else { return false }
        var created: OpaquePointer?
        let status = unsafe functions.pointee.create_opaque_options(name, copy, { unsafe free($0) }, &created)
        guard status == 0, let opaque = unsafe created else {
            unsafe free(copy)
            return false
        }
        guard unsafe functions.pointee.add_opaque_options(options, opaque) == 0 else {
            unsafe functions.pointee.destroy_opaque_options(opaque)
            return false
        }
        return true
    }
}
