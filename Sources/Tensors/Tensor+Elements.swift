extension Tensor {
    /// Calls one of the functions for every element, in row-major order.
    ///
    /// - Parameters:
    ///   - integer: all signed types, BOOL, and the unsigned ones up to 32 bits.
    ///   - unsigned: 64-bit unsigned elements.
    ///   - real: all floating-point types, exactly.
    ///   - string: a string's bytes without the NUL that ends it.
    @inlinable
    public func visitElements(
        integer: (Int64) -> Void, unsigned: (UInt64) -> Void, real: (Double) -> Void,
        string: (Span<UInt8>) -> Void
    ) {
        withBytes { bytes in
            switch type {
            case .float32:
                each(UInt32.self, bytes) { real(Double(Float(bitPattern: $0))) }
            case .float64: each(UInt64.self, bytes) { real(Double(bitPattern: $0)) }
            case .float16:
                each(UInt16.self, bytes) { real(Double(Float16(bitPattern: $0))) }
            case .bfloat16:
                each(UInt16.self, bytes) { real(Double(BFloat16(bitPattern: $0).value)) }
            case .int8: each(Int8.self, bytes) { integer(Int64($0)) }
            case .int16: each(Int16.self, bytes) { integer(Int64($0)) }
            case .int32: each(Int32.self, bytes) { integer(Int64($0)) }
            case .int64: each(Int64.self, bytes) { integer($0) }
            case .uint8, .bool: each(UInt8.self, bytes) { integer(Int64($0)) }
            case .uint16: each(UInt16.self, bytes) { integer(Int64($0)) }
            case .uint32: each(UInt32.self, bytes) { integer(Int64($0)) }
            case .uint64: each(UInt64.self, bytes) { unsigned($0) }
            case .string: eachString(bytes) { string($0) }
            }
        }
    }

    /// For strings, calls the function with the offset of each element's first byte, in order.
    public func visitStringOffsets(_ body: (Int) -> Void) {
        guard type == .string else { return }
        var next = 0
        withBytes { bytes in
            eachString(bytes) { string in
                body(next)
                next += string.count + 1
            }
        }
    }

    @inlinable
    func each<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: Value.Type, _ bytes: Span<UInt8>, _ body: (Value) -> Void
    ) {
        unsafe bytes.withUnsafeBytes { raw in
            // Safety: the byte count is a multiple of the width, checked when the tensor was made.
            for offset in stride(from: 0, to: raw.count, by: MemoryLayout<Value>.size) {
                unsafe body(raw.loadUnaligned(fromByteOffset: offset, as: Value.self))
            }
        }
    }

    @inlinable
    func eachString(_ bytes: Span<UInt8>, _ body: (Span<UInt8>) -> Void) {
        var start = 0
        for index in bytes.indices where bytes[index] == 0 {
            body(bytes.extracting(start..<index))
            start = index + 1
        }
    }
}
