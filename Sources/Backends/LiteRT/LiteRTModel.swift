import CLiteRT
import Execution
import Tensors

/// A model as the runtime has read it, from which instances are made; never changes.
@safe
final class LiteRTModel: @unchecked Sendable {
    let library: LiteRTLibrary
    /// Valid as long as this object.
    let handle: OpaquePointer
    let signature: LiteRTSignature
    /// The runtime reads weights where they lie, and wants them aligned.
    private let bytes: TensorStorage

    /// Copies the bytes, which the scan has let through.
    /// - Throws: what the runtime says of them.
    init(_ bytes: Span<UInt8>, _ library: LiteRTLibrary) throws(ExecutionError) {
        do throws(TensorError) {
            var storage = try TensorStorage(byteCount: bytes.count)
            storage.withMutableBytes { $0.copy(from: bytes) }
            self.bytes = storage
        } catch {
            throw .outOfMemory
        }
        self.library = library
        var created: OpaquePointer?
        let status = self.bytes.withBytes { bytes in
            unsafe bytes.withUnsafeBytes { bytes -> litert_status in
                guard let start = bytes.baseAddress else { return -1 }
                // Safety: the bytes stay as long as the model.
                return unsafe library.functions.pointee.create_model(
                    library.environment, start, bytes.count, &created)
            }
        }
        guard status == 0, let handle = unsafe created else { throw LiteRTFailure.load.error() }
        unsafe self.handle = handle
        do throws(ExecutionError) {
            signature = try unsafe LiteRTSignature(of: handle, library.functions)
        } catch {
            // Safety: ours, and nobody uses it.
            unsafe library.functions.pointee.destroy_model(handle)
            throw error
        }
    }

    deinit {
        // Safety: each instance holds this object.
        unsafe library.functions.pointee.destroy_model(handle)
    }

    var memoryByteCount: Int { bytes.allocatedByteCount }
}
