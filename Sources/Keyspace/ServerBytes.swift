import Redis
import Tensors

extension SharedBytes {
    /// Bytes in a block of the server's allocator, which lives as long as they do.
    public convenience init(_ block: ServerBlock) {
        // Safety: the block's address is valid as long as the block, which the closure keeps.
        unsafe self.init(
            start: block.address, count: block.count, allocatedByteCount: block.allocatedByteCount
        ) { withExtendedLifetime(block) {} }
    }

    /// A word of a command, not copied.
    public convenience init(_ string: RetainedString) {
        let bytes = unsafe string.bytes
        // Safety: the string's address is valid as long as the object, which the closure keeps.
        unsafe self.init(
            start: bytes.baseAddress, count: bytes.count, allocatedByteCount: string.allocatedByteCount
        ) { withExtendedLifetime(string) {} }
    }

    /// Pieces in one block of the server's allocator; a single piece is not copied.
    /// - Returns: nil if there is not enough memory.
    public static func joined(_ pieces: [SharedBytes]) -> SharedBytes? {
        if pieces.count == 1 { return pieces[0] }
        var total = 0
        for piece in pieces {
            let (sum, overflow) = total.addingReportingOverflow(piece.count)
            guard !overflow else { return nil }
            total = sum
        }
        guard let block = ServerBlock(byteCount: total) else { return nil }
        var offset = 0
        for piece in pieces {
            piece.withBytes { block.copy($0, to: offset) }
            offset += piece.count
        }
        return SharedBytes(block)
    }
}
