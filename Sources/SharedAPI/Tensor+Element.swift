import Tensors

/// Single elements, by their index in row-major order.
extension Tensor {
    /// An element of a type with fractions; nil for another type, and beyond the end.
    func real(_ index: Int) -> Double? {
        switch type {
        case .float32: load(index, as: UInt32.self).map { Double(Float(bitPattern: $0)) }
        case .float64: load(index, as: UInt64.self).map { Double(bitPattern: $0) }
        case .float16: load(index, as: UInt16.self).map { Double(Float16(bitPattern: $0)) }
        case .bfloat16: load(index, as: UInt16.self).map { Double(BFloat16(bitPattern: $0).value) }
        default: nil
        }
    }

    /// An integer or a BOOL; nil for another type, beyond the end, and for what does not fit.
    func integer(_ index: Int) -> Int64? {
        switch type {
        case .int8: load(index, as: Int8.self).map { Int64($0) }
        case .int16: load(index, as: Int16.self).map { Int64($0) }
        case .int32: load(index, as: Int32.self).map { Int64($0) }
        case .int64: load(index, as: Int64.self)
        case .uint8, .bool: load(index, as: UInt8.self).map { Int64($0) }
        case .uint16: load(index, as: UInt16.self).map { Int64($0) }
        case .uint32: load(index, as: UInt32.self).map { Int64($0) }
        case .uint64: load(index, as: UInt64.self).flatMap { Int64(exactly: $0) }
        default: nil
        }
    }

    /// - Returns: false for another type, and beyond the end; nothing has changed then.
    func set(_ index: Int, to value: Double) -> Bool {
        switch type {
        case .float32: store(index, Float(value).bitPattern)
        case .float64: store(index, value.bitPattern)
        case .float16: store(index, Float16(value).bitPattern)
        case .bfloat16: store(index, BFloat16(value).bitPattern)
        default: false
        }
    }

    /// - Returns: false for another type, beyond the end, and for what does not fit; it has not changed then.
    func set(_ index: Int, to value: Int64) -> Bool {
        switch type {
        case .int8: storeExactly(index, value, as: Int8.self)
        case .int16: storeExactly(index, value, as: Int16.self)
        case .int32: storeExactly(index, value, as: Int32.self)
        case .int64: store(index, value)
        case .uint8: storeExactly(index, value, as: UInt8.self)
        case .uint16: storeExactly(index, value, as: UInt16.self)
        case .uint32: storeExactly(index, value, as: UInt32.self)
        case .uint64: storeExactly(index, value, as: UInt64.self)
        case .bool: value == 0 || value == 1 ? storeExactly(index, value, as: UInt8.self) : false
        default: false
        }
    }

    private func load<Value: BitwiseCopyable>(_ index: Int, as type: Value.Type) -> Value? {
        guard index >= 0, index < shape.elementCount else { return nil }
        // Safety: the block has as many elements of that width, which need not be aligned.
        return unsafe firstByte.loadUnaligned(fromByteOffset: index * MemoryLayout<Value>.size, as: type)
    }

    private func store<Value: BitwiseCopyable>(_ index: Int, _ value: Value) -> Bool {
        guard index >= 0, index < shape.elementCount else { return false }
        // Safety: as above; the caller has seen that the tensor may be written to.
        unsafe firstByte.storeBytes(of: value, toByteOffset: index * MemoryLayout<Value>.size, as: Value.self)
        return true
    }

    private func storeExactly<Value: FixedWidthInteger & BitwiseCopyable>(
        _ index: Int, _ value: Int64, as type: Value.Type
    ) -> Bool {
        guard let fitting = Value(exactly: value) else { return false }
        return store(index, fitting)
    }
}
