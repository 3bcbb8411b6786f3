import CTorchBridge
import Execution
import Tensors

/// Between our tensors and the bridge's views.
enum TorchViews {
    /// The original's words for strings, which libtorch does not have.
    private static let noStrings = "Unsupported code 7"

    /// Calls `body` with views of tensors, which are valid during the call.
    /// - Throws: `.backend` if one cannot be given to libtorch, or what `body` throws.
    @inline(__always)
    static func with<Result>(
        _ tensors: [Tensor], _ body: (UnsafeBufferPointer<torch_view>) throws(ExecutionError) -> Result
    ) throws(ExecutionError) -> Result {
        let rank = tensors.reduce(0) { $0 + $1.shape.rank }
        return try unsafe withUnsafeTemporaryAllocation(of: torch_view.self, capacity: tensors.count) {
            views throws(ExecutionError) in
            try unsafe withUnsafeTemporaryAllocation(of: Int64.self, capacity: rank) {
                dimensions throws(ExecutionError) in
                // Safety: there is room for a view of each tensor and for all dimensions; a tensor's elements
                // stay where they are as long as it lives, which is until the end of the call.
                defer { withExtendedLifetime(tensors) {} }
                var next = 0
                for index in tensors.indices {
                    let view = try unsafe view(of: tensors[index], dimensions, from: next)
                    unsafe views.initializeElement(at: index, to: view)
                    next += tensors[index].shape.rank
                }
                return try unsafe body(UnsafeBufferPointer(views))
            }
        }
    }

    /// The view of a tensor, its dimensions written to a place among those of others.
    @inline(__always)
    private static func view(
        of tensor: Tensor, _ dimensions: UnsafeMutableBufferPointer<Int64>, from first: Int
    ) throws(ExecutionError) -> torch_view {
        guard let type = tensor.type.torchElementType else { throw .backend(noStrings) }
        let shape = tensor.shape
        for axis in 0..<shape.rank {
            unsafe dimensions.initializeElement(at: first + axis, to: Int64(shape[axis]))
        }
        // Safety: as the caller says.
        let elements = unsafe tensor.withBytes { bytes in
            unsafe bytes.withUnsafeBytes { $0.baseAddress }
        }
        return unsafe torch_view(
            elements: elements, byte_count: tensor.byteCount,
            dimensions: dimensions.baseAddress.map { unsafe UnsafePointer($0 + first) },
            rank: Int32(shape.rank), type: type)
    }

    /// Copies of all outputs of a run.
    /// - Throws: `.backend` if one cannot be a tensor of ours, `.outOfMemory`.
    static func tensors(
        of outputs: OpaquePointer, _ bridge: TorchBridge
    ) throws(ExecutionError) -> [Tensor?] {
        // Safety: the outputs are alive during the call, and the views with them.
        let count = unsafe bridge.table.pointee.outputs_count(outputs)
        guard count != 1 else {
            return [try unsafe tensor(of: bridge.table.pointee.outputs_view(outputs, 0))]
        }
        return try (0..<count).map { index throws(ExecutionError) in
            try unsafe tensor(of: bridge.table.pointee.outputs_view(outputs, index))
        }
    }

    /// A copy of what a view shows.
    static func tensor(of view: torch_view) throws(ExecutionError) -> Tensor {
        guard let type = unsafe DataType(torchElementType: view.type) else {
            throw .backend("ERR element type of an output is not supported: \(unsafe view.type)")
        }
        // Safety: the view is valid during the call and has as much as it says.
        let dimensions = unsafe UnsafeBufferPointer(start: view.dimensions, count: Int(view.rank))
        let elements = unsafe UnsafeRawBufferPointer(start: view.elements, count: view.byte_count)
        do throws(TensorError) {
            let shape = try unsafe TensorShape(dimensions.map { Int($0) })
            return try unsafe Tensor(
                type: type, shape: shape, copying: elements.bindMemory(to: UInt8.self).span)
        } catch {
            guard case .outOfMemory = error else {
                throw .backend("ERR an output has a shape or a value that tensors cannot have")
            }
            throw .outOfMemory
        }
    }
}
