extension MutableSpan<UInt8> {
    /// Writes all of `source`, from `offset` on; one memory copy.
    /// - Precondition: this span has room for `source` behind `offset`.
    @inlinable
    public mutating func copy(from source: Span<UInt8>, at offset: Int = 0) {
        precondition(
            offset >= 0 && offset <= count && source.count <= count - offset,
            "a copy does not fit into its target")
        unsafe withUnsafeMutableBytes { target in
            unsafe source.withUnsafeBytes { bytes in
                // Safety: the target has that many bytes behind the offset, checked above.
                unsafe UnsafeMutableRawBufferPointer(rebasing: target[offset...]).copyMemory(from: bytes)
            }
        }
    }
}
