import CRedisModule
import Glibc

/// Memory from the server's allocator, counted in its `used_memory`.
///
/// Freed with its last owner, on any thread.
@safe
public final class ServerBlock: @unchecked Sendable {
    private let start: UnsafeMutablePointer<CChar>
    public let count: Int

    /// Takes over a block that the server handed out.
    init(adopting start: UnsafeMutablePointer<CChar>, count: Int) {
        unsafe self.start = start
        self.count = count
    }

    /// Memory with arbitrary content; nil if there is not enough.
    public init?(byteCount: Int) {
        guard let memory = unsafe ServerMemory.allocate(max(1, byteCount)) else { return nil }
        unsafe start = memory.bindMemory(to: CChar.self, capacity: byteCount)
        count = byteCount
    }

    deinit { unsafe redis_Free(start) }

    /// The first byte; valid as long as this object.
    public var address: UnsafeRawPointer { unsafe UnsafeRawPointer(start) }

    /// Bytes of memory that the block takes.
    public var allocatedByteCount: Int { unsafe redis_MallocSize(start) }

    /// Copies `bytes` to `offset`, before the block is shared.
    /// - Precondition: they fit.
    public func copy(_ bytes: Span<UInt8>, to offset: Int) {
        precondition(offset >= 0 && bytes.count <= count - offset, "a copy does not fit into its block")
        unsafe bytes.withUnsafeBytes { raw in
            // Safety: the range was just checked.
            if let source = raw.baseAddress { unsafe _ = memcpy(start + offset, source, raw.count) }
        }
    }

    /// A copy of the bytes.
    public var bytes: [UInt8] { unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: count)) }
}

/// The server's allocator, as functions for those who know no server. All on any thread.
@safe
public enum ServerMemory {
    /// Above this a request is compared with what the machine has left.
    private static let largeByteCount = 64 << 20

    /// Nil if there is not enough memory.
    ///
    /// The kernel promises more than it has, and the server's allocator passes the promise on; using it
    /// would end the server. So large blocks are granted from what is really available.
    public static func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer? {
        if byteCount >= largeByteCount, byteCount > availableByteCount { return nil }
        return unsafe redis_try_allocate(byteCount)
    }

    /// Whether there is memory for so many bytes now, in blocks whose failed allocation would end the server,
    /// of whichever allocator.
    ///
    /// The kernel is asked. What one allocator keeps for later, another cannot have.
    public static func hasRoom(for byteCount: Int) -> Bool {
        guard byteCount >= 1 << 20 else { return byteCount >= 0 }
        if byteCount >= largeByteCount, byteCount > availableByteCount { return false }
        return redis_has_room(byteCount)
    }

    public static func free(_ block: UnsafeMutableRawPointer?) { unsafe redis_Free(block) }

    public static func size(_ block: UnsafeMutableRawPointer?) -> Int { unsafe redis_MallocSize(block) }

    /// Memory that the kernel can give without swapping, in bytes; no limit if it does not say.
    static var availableByteCount: Int {
        let file = unsafe open("/proc/meminfo", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return Int.max }
        defer { close(file) }
        var text = [UInt8](repeating: 0, count: 4096)
        let length = unsafe read(file, &text, text.count)
        guard length > 0 else { return Int.max }
        let label = Array("MemAvailable:".utf8)
        for line in text[..<length].split(separator: UInt8(ascii: "\n")) where line.starts(with: label) {
            let digits = line.filter { $0 >= 0x30 && $0 <= 0x39 }
            return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) } * 1024
        }
        return Int.max
    }
}
