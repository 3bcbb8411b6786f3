import CONNXRuntime
import Execution
import Tensors

/// Inputs and outputs of given shapes that stay bound to a session from run to run.
///
/// To wrap tensors for a run and to look up their names takes a tenth of the time of a small model; to copy
/// their few bytes takes next to none. For one run at a time.
@safe
final class ONNXRuntimeBinding {
    /// Bytes of all inputs and outputs up to which copying is the cheaper way.
    private static let byteLimit = 4096

    /// An input or output: where its elements lie, and what the runtime knows of it.
    @safe
    private struct Place {
        let type: DataType
        let shape: TensorShape
        /// Within the block.
        let bytes: UnsafeMutableRawBufferPointer
        let value: OpaquePointer
    }

    private let table: ONNXRuntimeTable
    private let binding: OpaquePointer
    /// The elements of all places, each 64-byte aligned.
    private let block: TensorStorage
    private let inputs: [Place]
    private let outputs: [Place]

    /// - Parameters:
    ///   - inputs: whose types and shapes the runs have.
    ///   - outputs: the types and shapes of what the session makes of them.
    /// - Returns: nil if copying would not pay, if there is no memory, or if the runtime refuses.
    init?(_ session: ONNXRuntimeSession, inputs: [Tensor], outputs: [(type: DataType, shape: TensorShape)]) {
        let kinds = inputs.map { (type: $0.type, shape: $0.shape) } + outputs
        guard let layout = Self.layout(kinds), var block = try? TensorStorage(byteCount: layout.byteCount),
            let binding = try? unsafe session.makeBinding()
        else { return nil }
        var places: [Place] = []
        do throws(ExecutionError) {
            for (kind, range) in zip(kinds, layout.ranges) {
                places.append(try Self.place(kind, range, of: &block, session))
            }
            for (index, place) in places.enumerated() {
                if index < inputs.count {
                    try unsafe session.bind(binding, input: index, to: place.value)
                } else {
                    try unsafe session.bind(binding, output: index - inputs.count, to: place.value)
                }
            }
        } catch {
            unsafe Self.release(binding, places, session.table)
            return nil
        }
        table = session.table
        unsafe self.binding = binding
        self.block = block
        self.inputs = Array(places[..<inputs.count])
        self.outputs = Array(places[inputs.count...])
    }

    deinit { unsafe Self.release(binding, inputs + outputs, table) }

    private static func release(_ binding: OpaquePointer, _ places: [Place], _ table: ONNXRuntimeTable) {
        // Safety: made by `init`, and no run is under way, for whoever runs holds this object.
        unsafe onnx_binding_release(table.pointer, binding)
        for place in places { unsafe onnx_value_release(table.pointer, place.value) }
    }

    /// Where in one block the elements of each place lie; nil for strings, and beyond the limit.
    private static func layout(
        _ places: [(type: DataType, shape: TensorShape)]
    ) -> (ranges: [Range<Int>], byteCount: Int)? {
        var ranges: [Range<Int>] = []
        var end = 0
        for place in places {
            guard let width = place.type.byteWidth,
                let byteCount = try? place.shape.byteCount(elementWidth: width), byteCount <= byteLimit
            else { return nil }
            ranges.append(end..<end + byteCount)
            let mask = TensorStorage.alignment - 1
            end = (end + byteCount + mask) & ~mask
            guard end <= byteLimit else { return nil }
        }
        return (ranges, end)
    }

    private static func place(
        _ kind: (type: DataType, shape: TensorShape), _ range: Range<Int>, of block: inout TensorStorage,
        _ session: ONNXRuntimeSession
    ) throws(ExecutionError) -> Place {
        // Safety: the elements stay where they are as long as the block, and the value does not outlive it.
        let bytes = unsafe block.withMutableBytes { block in
            unsafe block.withUnsafeMutableBytes { unsafe UnsafeMutableRawBufferPointer(rebasing: $0[range]) }
        }
        let value = try unsafe session.wrap(bytes.baseAddress, bytes.count, kind.type, kind.shape)
        guard let value = unsafe value else { throw .outOfMemory }
        return unsafe Place(type: kind.type, shape: kind.shape, bytes: bytes, value: value)
    }

    /// Whether runs with these inputs can use it.
    @inline(__always)
    func fits(_ tensors: [Tensor]) -> Bool {
        for index in inputs.indices {
            let tensor = tensors[index]
            guard tensor.type == inputs[index].type, tensor.shape == inputs[index].shape else { return false }
        }
        return true
    }

    /// Runs the session.
    ///
    /// - Parameters:
    ///   - tensors: that fit.
    ///   - options: of the thread that asks.
    /// - Returns: nil if the run failed.
    @inline(__always)
    func run(_ session: OpaquePointer, _ tensors: [Tensor], _ options: OpaquePointer) -> [Tensor?]? {
        for index in inputs.indices {
            tensors[index].withBytes { bytes in
                // Safety: the same type and shape, hence as many bytes.
                unsafe bytes.withUnsafeBytes { unsafe inputs[index].bytes.copyMemory(from: $0) }
            }
        }
        if let status = unsafe onnx_session_run_bound(table.pointer, session, options, binding) {
            unsafe onnx_status_release(table.pointer, status)
            return nil
        }
        // A literal is several times cheaper than other arrays (Swift 6.3).
        guard outputs.count != 1 else { return copy(of: outputs[0]).map { [$0] } }
        var copies: [Tensor?] = []
        for place in outputs {
            guard let copy = copy(of: place) else { return nil }
            copies.append(copy)
        }
        return copies
    }

    @inline(__always)
    private func copy(of place: Place) -> Tensor? {
        let source = unsafe UnsafeRawBufferPointer(place.bytes)
        return try? Tensor(type: place.type, shape: place.shape) {
            (bytes: inout MutableSpan<UInt8>) in
            // Safety: the same type and shape, hence as many bytes.
            unsafe bytes.withUnsafeMutableBytes { unsafe $0.copyMemory(from: source) }
            guard place.type == .bool else { return }
            for index in bytes.indices where bytes[index] > 1 { bytes[index] = 1 }
        }
    }
}
