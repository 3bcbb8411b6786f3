import CTensorFlow
import Execution
import Tensors

/// String tensors, which the runtime keeps as one object per element: they are copied both ways.
extension TensorFlowLibrary {
    /// What has to be freed once the runtime needs a string tensor no more.
    private final class Owner {
        let functions: TensorFlowFunctions
        let count: Int

        init(_ functions: TensorFlowFunctions, count: Int) {
            self.functions = functions
            self.count = count
        }
    }

    private static let alignment = 64

    /// A tensor of the runtime with copies of the strings; the caller releases it.
    ///
    /// The runtime may keep the tensor beyond the run, in a variable. So the strings go when it lets go.
    func stringValue(of tensor: Tensor) throws(ExecutionError) -> OpaquePointer {
        let count = tensor.shape.elementCount
        let size = MemoryLayout<tensorflow_string>.stride * count
        guard TensorAllocator.hasRoom(for: size) else { throw .outOfMemory }
        let block = UnsafeMutableRawPointer.allocate(
            byteCount: max(size, Self.alignment), alignment: Self.alignment)
        // Safety: the block has room for `count` strings, and lives until the runtime frees the tensor.
        let strings = unsafe block.bindMemory(to: tensorflow_string.self, capacity: count)
        unsafe fill(strings, count, from: tensor)
        let owner = unsafe Unmanaged.passRetained(Owner(functions, count: count))
        let value = unsafe tensor.shape.withTensorFlowDimensions { dimensions in
            unsafe functions.pointer.pointee.TF_NewTensor(
                tensor.type.tensorFlowType, dimensions.baseAddress, Int32(dimensions.count), block, size,
                { elements, _, owner in
                    guard let elements = unsafe elements, let owner = unsafe owner else { return }
                    unsafe TensorFlowLibrary.free(elements, owner)
                }, owner.toOpaque())
        }
        guard let value = unsafe value else { throw .outOfMemory }
        return unsafe value
    }

    private func fill(
        _ strings: UnsafeMutablePointer<tensorflow_string>, _ count: Int, from tensor: Tensor
    ) {
        tensor.withBytes { bytes in
            unsafe bytes.withUnsafeBytes { bytes in
                var start = 0
                for index in 0..<count {
                    // Safety: a tensor has as many strings as elements, each ended by a NUL.
                    var end = start
                    while unsafe bytes[end] != 0 { end += 1 }
                    let text = unsafe UnsafeRawBufferPointer(rebasing: bytes[start..<end])
                    unsafe functions.pointer.pointee.TF_StringInit(strings + index)
                    unsafe functions.pointer.pointee.TF_StringCopy(
                        strings + index, text.bindMemory(to: CChar.self).baseAddress, text.count)
                    start = end + 1
                }
            }
        }
    }

    private static func free(_ elements: UnsafeMutableRawPointer, _ owner: UnsafeMutableRawPointer) {
        // Safety: made by `stringValue`, given back once.
        let owner = unsafe Unmanaged<Owner>.fromOpaque(owner).takeRetainedValue()
        let strings = unsafe elements.assumingMemoryBound(to: tensorflow_string.self)
        for index in 0..<owner.count {
            unsafe owner.functions.pointer.pointee.TF_StringDealloc(strings + index)
        }
        unsafe elements.deallocate()
    }

    /// The strings of an output one behind the other, each ended by a NUL.
    func packedStrings(
        _ elements: UnsafeRawBufferPointer, count: Int
    ) throws(TensorError) -> [UInt8] {
        var packed: [UInt8] = []
        // Safety: the runtime's tensor has `count` strings, which live as long as it.
        let strings = unsafe elements.bindMemory(to: tensorflow_string.self)
        var byteCount = count
        for index in 0..<min(count, strings.count) {
            guard let string = unsafe strings.baseAddress.map({ unsafe $0 + index }) else { continue }
            byteCount += unsafe functions.pointer.pointee.TF_StringGetSize(string)
        }
        guard TensorAllocator.hasRoom(for: byteCount) else { throw .outOfMemory(byteCount: byteCount) }
        packed.reserveCapacity(byteCount)
        for index in 0..<min(count, strings.count) {
            guard let string = unsafe strings.baseAddress.map({ unsafe $0 + index }) else { continue }
            let size = unsafe functions.pointer.pointee.TF_StringGetSize(string)
            let start = unsafe functions.pointer.pointee.TF_StringGetDataPointer(string)
            let text = unsafe UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : size)
            unsafe packed.append(contentsOf: text)
            packed.append(0)
        }
        return packed
    }
}
