import CMessages

/// Memory that another process sees too, mapped as long as this object lives.
///
/// Its bytes may change at any time: they are copied first and looked at then.
@safe
final class SharedMemory {
    private let start: UnsafeMutableRawPointer
    let byteCount: Int
    private let isWritable: Bool

    private init(_ start: UnsafeMutableRawPointer, byteCount: Int, isWritable: Bool) {
        unsafe self.start = start
        self.byteCount = byteCount
        self.isWritable = isWritable
    }

    deinit {
        // Safety: mapped by whoever made this object, its only owner.
        unsafe messages_unmap(start, byteCount)
    }

    /// Memory that this process writes and others read.
    /// - Parameter announce: gets the descriptor, which is closed afterwards.
    /// - Throws: `.notMade`, or what `announce` throws.
    static func made(
        byteCount: Int, announce: (borrowing Descriptor) throws(RegionError) -> Void
    ) throws(RegionError) -> SharedMemory {
        var start: UnsafeMutableRawPointer?
        // Safety: `start` is written during the call.
        let result = unsafe messages_make_memory(byteCount, &start)
        guard result >= 0 else { throw .notMade(code: -result) }
        let descriptor = Descriptor(result)
        guard let start = unsafe start else { preconditionFailure("memory was made and is nowhere") }
        let memory = unsafe SharedMemory(start, byteCount: byteCount, isWritable: true)
        try announce(descriptor)
        return memory
    }

    /// Memory of another process, to be read.
    /// - Parameter number: for errors.
    /// - Throws: `.notFixedMemory`, `.tooSmall`, `.notMapped`.
    static func mapped(
        _ descriptor: consuming Descriptor, byteCount: Int, number: Int
    ) throws(RegionError) -> SharedMemory {
        // Memory that got shorter would end the process that reads it.
        guard messages_is_fixed_memory(descriptor.number) else { throw .notFixedMemory(number: number) }
        let actual = Int(messages_byte_count(descriptor.number))
        guard actual >= byteCount else { throw .tooSmall(number: number, byteCount: max(0, actual)) }
        var start: UnsafeRawPointer?
        // Safety: `start` is written during the call.
        let code = unsafe messages_map(descriptor.number, byteCount, &start)
        guard code == 0, let start = unsafe start else { throw .notMapped(code: code) }
        return unsafe SharedMemory(
            UnsafeMutableRawPointer(mutating: start), byteCount: byteCount, isWritable: false)
    }

    /// Whether there are so many bytes from an offset on.
    func holds(_ byteCount: Int, at offset: Int) -> Bool {
        offset >= 0 && byteCount >= 0 && offset <= self.byteCount && byteCount <= self.byteCount - offset
    }

    /// Copies bytes out, as many as the target has.
    /// - Precondition: the bytes are there.
    func read(into target: inout MutableSpan<UInt8>, from offset: Int) {
        precondition(holds(target.count, at: offset), "a read beyond shared memory")
        // Safety: `start` has the bytes, as the precondition says, as long as this object lives.
        unsafe target.withUnsafeMutableBytes { target in
            unsafe target.copyMemory(from: UnsafeRawBufferPointer(start: start + offset, count: target.count))
        }
    }

    /// Copies bytes in.
    /// - Precondition: this process has made the memory, and there is room for the bytes.
    func write(_ source: Span<UInt8>, at offset: Int) {
        precondition(isWritable && holds(source.count, at: offset), "a write beyond shared memory")
        // Safety: as above.
        unsafe source.withUnsafeBytes { source in
            unsafe UnsafeMutableRawBufferPointer(start: start + offset, count: source.count)
                .copyMemory(from: source)
        }
    }
}
