import CTensorFlow
import Execution
import Formats
import Tensors

/// Between our tensors and the runtime's.
extension TensorFlowLibrary {
    /// A tensor of the runtime that refers to the elements of ours, or for strings has a copy of them.
    ///
    /// The runtime keeps ours alive as long as it refers to it. The caller releases what it gets.
    func value(of tensor: Tensor) throws(ExecutionError) -> OpaquePointer {
        guard tensor.type != .string else { return try unsafe stringValue(of: tensor) }
        let tensor = try aligned(tensor)
        let owner = unsafe Unmanaged.passRetained(tensor)
        // Safety: the elements lie where they are as long as the tensor, which `owner` keeps; the runtime
        // does not write into memory that it has not allocated. The dimensions are copied.
        let value = unsafe tensor.withBytes { bytes in
            unsafe bytes.withUnsafeBytes { bytes in
                unsafe tensor.shape.withTensorFlowDimensions { dimensions in
                    unsafe functions.pointer.pointee.TF_NewTensor(
                        tensor.type.tensorFlowType, dimensions.baseAddress, Int32(dimensions.count),
                        UnsafeMutableRawPointer(mutating: bytes.baseAddress ?? noElements), bytes.count,
                        { _, _, owner in
                            guard let owner = unsafe owner else { return }
                            unsafe Unmanaged<Tensor>.fromOpaque(owner).release()
                        }, owner.toOpaque())
                }
            }
        }
        guard let value = unsafe value else { throw .outOfMemory }
        return unsafe value
    }

    private func aligned(_ tensor: Tensor) throws(ExecutionError) -> Tensor {
        do throws(TensorError) { return try tensor.aligned() } catch { throw .outOfMemory }
    }

    /// A copy of an output.
    /// - Throws: `.backend` if it cannot be one of our tensors, `.outOfMemory`.
    func tensor(from value: OpaquePointer, named name: [UInt8]) throws(ExecutionError) -> Tensor {
        // Safety: the value is alive during the call, and its elements as long as it.
        let number = unsafe functions.pointer.pointee.TF_TensorType(value)
        guard let type = DataType(tensorFlowType: number) else {
            let name = String(decoding: name, as: UTF8.self).oneLine
            throw .backend("ERR element type of output '\(name)' is not supported: TensorFlow type \(number)")
        }
        let rank = unsafe functions.pointer.pointee.TF_NumDims(value)
        let dimensions = (0..<max(0, rank)).map { unsafe Int(functions.pointer.pointee.TF_Dim(value, $0)) }
        let count = unsafe functions.pointer.pointee.TF_TensorByteSize(value)
        let start = unsafe functions.pointer.pointee.TF_TensorData(value)
        let elements = unsafe UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count)
        do throws(TensorError) {
            let shape = try TensorShape(dimensions)
            guard type != .string else {
                let bytes = try unsafe packedStrings(elements, count: shape.elementCount)
                return try Tensor(type: type, shape: shape, copying: bytes.span)
            }
            if type == .bool { return try unsafe truthValues(elements, shape) }
            return try unsafe Tensor(
                type: type, shape: shape, copying: elements.bindMemory(to: UInt8.self).span)
        } catch {
            guard case .stringCountMismatch = error else { throw .outOfMemory }
            let name = String(decoding: name, as: UTF8.self).oneLine
            throw .backend("ERR output '\(name)' has a string that contains a NUL byte")
        }
    }

    /// Makes every truth value 0 or 1: a tensor with another one could not be restored.
    private func truthValues(
        _ elements: UnsafeRawBufferPointer, _ shape: TensorShape
    ) throws(TensorError) -> Tensor {
        try Tensor(type: .bool, shape: shape) { (bytes: inout MutableSpan<UInt8>) in
            // Safety: both have one byte for each element.
            for index in bytes.indices { unsafe bytes[index] = elements[index] == 0 ? 0 : 1 }
        }
    }

    /// Some address for a tensor without elements, which is not read.
    private var noElements: UnsafeRawPointer { unsafe UnsafeRawPointer(StaticString("").utf8Start) }
}

extension TensorShape {
    /// The dimensions as the runtime reads them; valid during the call.
    @inline(__always)
    func withTensorFlowDimensions<Result>(_ body: (UnsafeBufferPointer<Int64>) -> Result) -> Result {
        withDimensions { dimensions in
            unsafe dimensions.withUnsafeBufferPointer { dimensions in
                // Safety: an `Int` is 64 bits wide here.
                unsafe dimensions.withMemoryRebound(to: Int64.self) { unsafe body($0) }
            }
        }
    }
}
