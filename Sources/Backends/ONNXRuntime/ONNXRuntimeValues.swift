import CONNXRuntime
import Execution
import Formats
import Tensors

/// Between our tensors and the runtime's values.
extension ONNXRuntimeSession {
    /// A value that refers to the tensor's elements, or for strings has a copy of them.
    ///
    /// The tensor must outlive the value; the runtime does not change it. The caller releases the value.
    @inline(__always)
    func value(of tensor: Tensor) throws(ExecutionError) -> OpaquePointer? {
        guard tensor.type != .string else { return try unsafe stringValue(of: tensor) }
        // Safety: a tensor's elements stay where they are as long as it lives.
        let elements = unsafe tensor.withBytes { bytes in
            unsafe bytes.withUnsafeBytes { unsafe UnsafeMutableRawPointer(mutating: $0.baseAddress) }
        }
        return try unsafe wrap(elements, tensor.byteCount, tensor.type, tensor.shape)
    }

    /// A tensor whose elements the runtime is to write, and the value that tells it so.
    @inline(__always)
    func makeOutput(
        _ type: DataType, _ shape: TensorShape, _ value: inout OpaquePointer?
    ) throws(ExecutionError) -> Tensor {
        var elements: UnsafeMutableRawPointer?
        let tensor: Tensor
        do throws(TensorError) {
            tensor = try Tensor(type: type, shape: shape) { (bytes: inout MutableSpan<UInt8>) in
                // Safety: the elements stay where they are as long as the tensor lives, and nobody reads
                // them before the run is over. Only plans that a run has confirmed come here, and those
                // outputs are computed, so every byte is written.
                unsafe bytes.withUnsafeMutableBytes { unsafe elements = $0.baseAddress }
            }
        } catch {
            throw .outOfMemory
        }
        unsafe value = try unsafe wrap(elements, tensor.byteCount, type, shape)
        return tensor
    }

    /// A value that refers to elements elsewhere, which must outlive it; the caller releases it.
    @inline(__always)
    func wrap(
        _ elements: UnsafeMutableRawPointer?, _ byteCount: Int, _ type: DataType, _ shape: TensorShape
    ) throws(ExecutionError) -> OpaquePointer? {
        var value: OpaquePointer?
        let status = unsafe shape.withONNXDimensions { dimensions in
            // Safety: without elements any address will do; the dimensions are copied.
            unsafe onnx_value_wrap(
                table.pointer, memoryInfo, elements ?? UnsafeMutableRawPointer(allocator),
                byteCount, dimensions.baseAddress, dimensions.count, type.onnxElementType, &value)
        }
        try unsafe table.check(status)
        return unsafe value
    }

    /// A copy of an output that the runtime has made; nil if it is not a tensor.
    /// - Throws: `.backend` if it is a tensor that cannot be one of ours, `.outOfMemory`.
    func tensor(_ index: Int, from value: OpaquePointer?) throws(ExecutionError) -> Tensor? {
        // Safety: the value is alive during the call, and what belongs to it as well.
        guard let value = unsafe value, try unsafe isTensor(value) else { return nil }
        var info: OpaquePointer?
        try unsafe table.check(onnx_value_tensor_info(table.pointer, value, &info))
        guard let info = unsafe info else { throw .outOfMemory }
        defer { unsafe onnx_tensor_info_release(table.pointer, info) }
        var number: Int32 = 0
        try unsafe table.check(onnx_tensor_info_element_type(table.pointer, info, &number))
        guard let type = DataType(onnxElementType: number) else {
            let name = String(decoding: outputs[index].name, as: UTF8.self).oneLine
            throw .backend("ERR element type of output '\(name)' is not supported: ONNX type \(number)")
        }
        let dimensions = try unsafe library.dimensions(of: info)
        let shape: TensorShape
        do throws(TensorError) {
            shape = try TensorShape(dimensions)
            if let width = type.byteWidth {
                return try unsafe copy(of: value, type, shape, shape.byteCount(elementWidth: width))
            }
        } catch {
            throw .outOfMemory
        }
        return try unsafe stringTensor(index, from: value, shape)
    }

    /// An optional output without a value counts as a tensor for the runtime, which then reads from nowhere
    /// when it is asked about its type (1.32): both questions are needed.
    private func isTensor(_ value: OpaquePointer) throws(ExecutionError) -> Bool {
        var isPresent: Int32 = 0
        var isTensor: Int32 = 0
        // Safety: the value is alive during the call.
        try unsafe table.check(onnx_value_is_present(table.pointer, value, &isPresent))
        try unsafe table.check(onnx_value_is_tensor(table.pointer, value, &isTensor))
        return isPresent != 0 && isTensor != 0
    }

    private func copy(
        of value: OpaquePointer, _ type: DataType, _ shape: TensorShape, _ byteCount: Int
    ) throws(TensorError) -> Tensor {
        if type == .bool { unsafe normalise(value, count: byteCount) }
        // Safety: a tensor of this shape has this many bytes, as long as the value lives.
        let elements = unsafe UnsafeRawBufferPointer(start: elements(of: value), count: byteCount)
        return try unsafe Tensor(type: type, shape: shape, copying: elements.bindMemory(to: UInt8.self).span)
    }

    /// Makes every truth value 0 or 1, as operators do: a tensor with another one could not be restored.
    func normalise(_ value: OpaquePointer?, count: Int) {
        guard let value = unsafe value, let elements = unsafe elements(of: value) else { return }
        // Safety: the tensor has `count` elements of one byte.
        let bytes = unsafe UnsafeMutableRawBufferPointer(start: elements, count: count)
        for index in 0..<count where unsafe bytes[index] > 1 { unsafe bytes[index] = 1 }
    }

    /// Where a tensor's elements lie; valid as long as the value.
    private func elements(of value: OpaquePointer) -> UnsafeMutableRawPointer? {
        var elements: UnsafeMutableRawPointer?
        // Safety: the value is a tensor; this cannot fail for one.
        guard let status = unsafe onnx_value_elements(table.pointer, value, &elements) else {
            return unsafe elements
        }
        unsafe onnx_status_release(table.pointer, status)
        return nil
    }
}

extension TensorShape {
    /// The dimensions as the runtime reads them; valid during the call.
    @inline(__always)
    func withONNXDimensions<Result>(_ body: (UnsafeBufferPointer<Int64>) -> Result) -> Result {
        withDimensions { dimensions in
            unsafe dimensions.withUnsafeBufferPointer { dimensions in
                // Safety: an `Int` is 64 bits wide here.
                unsafe dimensions.withMemoryRebound(to: Int64.self) { unsafe body($0) }
            }
        }
    }
}
