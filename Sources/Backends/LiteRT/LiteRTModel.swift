import CLiteRT
import Execution
import Tensors

/// A model as the runtime has read it, from which instances are made; never changes.
@safe
final class LiteRTModel: @unchecked Sendable {
    let library: LiteRTLibrary
    /// Valid as long as this object.
    let handle: OpaquePointer
    /// That of the model as the runtime has it.
    let signature: LiteRTSignature
    /// What the client gives and gets.
    let inputs: [TensorSpecification]
    let outputs: [TensorSpecification]
    /// Which outputs tell their shape: for each there is an input and an output more, behind all others.
    let measured: [Int]
    /// Whether outputs are copies of what the older graph gives.
    let hasCopies: Bool
    /// The runtime reads weights where they lie, and wants them aligned.
    private let bytes: TensorStorage

    /// Copies the bytes, which the scan has let through.
    /// - Parameter copies: what makes the outputs tell their shapes; nil if that is not needed.
    /// - Throws: what the runtime says of them.
    init(
        _ bytes: Span<UInt8>, _ copies: LiteRTOutputCopies?, _ library: LiteRTLibrary
    ) throws(ExecutionError) {
        self.bytes = try Self.joined(copies?.front ?? [], bytes)
        measured = copies?.measured ?? []
        hasCopies = copies != nil
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
        inputs = signature.inputs.dropLast(measured.count)
        outputs = signature.outputs.dropLast(measured.count)
    }

    deinit {
        // Safety: each instance holds this object.
        unsafe library.functions.pointee.destroy_model(handle)
    }

    /// The bytes with those that come before them; what that makes is scanned as if a client had sent it.
    private static func joined(
        _ front: [UInt8], _ bytes: Span<UInt8>
    ) throws(ExecutionError) -> TensorStorage {
        var storage: TensorStorage
        do throws(TensorError) {
            storage = try TensorStorage(byteCount: front.count + bytes.count)
        } catch {
            throw .outOfMemory
        }
        storage.withMutableBytes { target in
            target.copy(from: front.span)
            target.copy(from: bytes, at: front.count)
        }
        guard !front.isEmpty else { return storage }
        do throws(LiteRTModelScan.Refusal) {
            try storage.withBytes { bytes throws(LiteRTModelScan.Refusal) in
                _ = try LiteRTModelScan.check(bytes)
            }
        } catch {
            throw error.failure
        }
        return storage
    }

    var memoryByteCount: Int { bytes.allocatedByteCount }
}
