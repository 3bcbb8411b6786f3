import CTorchBridge

/// Bytes as the bridge wants to see them.
enum TorchTexts {
    /// Calls `body` with a text for each, which are valid during the call.
    static func with<Result>(
        _ contents: [[UInt8]], _ body: (UnsafePointer<torch_text>) -> Result
    ) -> Result {
        let all = contents.flatMap { $0 }
        return unsafe all.withUnsafeBytes { raw in
            unsafe withUnsafeTemporaryAllocation(of: torch_text.self, capacity: contents.count + 1) {
                texts in
                // Safety: there is room for a text of each and one more, so there is an address.
                var start = 0
                for index in contents.indices {
                    let count = contents[index].count
                    let bytes = unsafe raw.baseAddress.map {
                        unsafe ($0 + start).assumingMemoryBound(to: CChar.self)
                    }
                    unsafe texts.initializeElement(
                        at: index, to: torch_text(bytes: bytes, byte_count: count))
                    start += count
                }
                return unsafe body(UnsafePointer(texts.baseAddress.unsafelyUnwrapped))
            }
        }
    }
}

extension Span<UInt8> {
    /// Calls `body` with these bytes as one text, valid during the call; nothing is copied.
    func withTorchText<Result>(_ body: (torch_text) -> Result) -> Result {
        unsafe withUnsafeBytes { bytes in
            // Safety: the address is valid as long as the span, which outlives `body`.
            unsafe body(
                torch_text(
                    bytes: bytes.baseAddress?.assumingMemoryBound(to: CChar.self), byte_count: bytes.count))
        }
    }
}
