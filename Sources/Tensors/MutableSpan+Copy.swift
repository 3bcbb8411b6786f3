extension MutableSpan<UInt8> {
    /// Writes all of `source` to the front; one memory copy.
    /// - Precondition: this span is at least as long as `source`.
    @inlinable
    public mutating func copy(from source: Span<UInt8>) {
        precondition(source.count <= count, "a copy does not fit into its target")
        unsafe withUnsafeMutableBytes { target in
            unsafe source.withUnsafeBytes { bytes in
                // Safety: the target is at least as long, checked above.
                unsafe target.copyMemory(from: bytes)
            }
        }
    }
}
