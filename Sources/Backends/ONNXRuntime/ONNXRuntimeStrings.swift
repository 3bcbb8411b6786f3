import CONNXRuntime
import Execution
import Formats
import Tensors

/// String tensors, which the runtime keeps as one object per element: they are copied both ways.
extension ONNXRuntimeSession {
    /// A value with copies of the tensor's strings; the caller releases it.
    func stringValue(of tensor: Tensor) throws(ExecutionError) -> OpaquePointer? {
        var created: OpaquePointer?
        let status = unsafe tensor.shape.withONNXDimensions { dimensions in
            // Safety: the allocator is never freed; the dimensions are copied.
            unsafe onnx_value_create(
                table.pointer, allocator, dimensions.baseAddress, dimensions.count,
                tensor.type.onnxElementType, &created)
        }
        try unsafe table.check(status)
        guard let value = unsafe created else { throw .outOfMemory }
        do throws(ExecutionError) {
            try unsafe fill(value, from: tensor)
        } catch {
            // Safety: ours, and not used any more.
            unsafe onnx_value_release(table.pointer, value)
            throw error
        }
        return unsafe value
    }

    private func fill(_ value: OpaquePointer, from tensor: Tensor) throws(ExecutionError) {
        let count = tensor.shape.elementCount
        guard count > 0 else { return }
        guard TensorAllocator.hasRoom(for: count * MemoryLayout<Int>.stride) else {
            throw .outOfMemory
        }
        let status = unsafe tensor.withBytes { bytes in
            unsafe bytes.withUnsafeBytes { bytes in
                unsafe withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>.self, capacity: count) {
                    strings in
                    // Safety: there are `count` strings, each with its NUL, and they outlive the call.
                    let bytes = unsafe bytes.bindMemory(to: CChar.self)
                    guard let first = bytes.baseAddress, let start = strings.baseAddress else {
                        return unsafe OpaquePointer?.none
                    }
                    unsafe strings.initialize(repeating: first)
                    var index = 1
                    for offset in bytes.indices.dropLast() where unsafe bytes[offset] == 0 {
                        unsafe strings[index] = unsafe first + offset + 1
                        index += 1
                    }
                    return unsafe onnx_value_fill_strings(table.pointer, value, start, count)
                }
            }
        }
        try unsafe table.check(status)
    }

    /// The strings of an output as a tensor, each ended by a NUL.
    /// - Throws: `.backend` if one contains a NUL, `.outOfMemory`.
    func stringTensor(
        _ index: Int, from value: OpaquePointer, _ shape: TensorShape
    ) throws(ExecutionError) -> Tensor {
        let text = try unsafe packedStrings(of: value, count: shape.elementCount)
        do throws(TensorError) {
            return try Tensor(type: .string, shape: shape, copying: text.span)
        } catch {
            guard case .stringCountMismatch = error else { throw .outOfMemory }
            let name = String(decoding: outputs[index].name, as: UTF8.self).oneLine
            throw .backend("ERR output '\(name)' has a string that contains a NUL byte")
        }
    }

    private func packedStrings(of value: OpaquePointer, count: Int) throws(ExecutionError) -> [UInt8] {
        guard count > 0 else { return [] }
        var byteCount = 0
        try unsafe table.check(onnx_value_strings_byte_count(table.pointer, value, &byteCount))
        guard TensorAllocator.hasRoom(for: 2 * byteCount + count * (MemoryLayout<Int>.stride + 1)) else {
            throw .outOfMemory
        }
        var bytes = [UInt8](repeating: 0, count: max(byteCount, 1))
        var starts = [Int](repeating: 0, count: count)
        // Safety: both arrays are as long as the call is told.
        try unsafe table.check(
            onnx_value_copy_strings(table.pointer, value, &bytes, byteCount, &starts, count))
        var packed: [UInt8] = []
        packed.reserveCapacity(byteCount + count)
        for index in 0..<count {
            let end = index + 1 < count ? starts[index + 1] : byteCount
            packed.append(contentsOf: bytes[starts[index]..<end])
            packed.append(0)
        }
        return packed
    }
}
