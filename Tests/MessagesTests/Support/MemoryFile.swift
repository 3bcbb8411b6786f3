import Glibc

/// A file in memory, as another process may announce it; closed with this object.
final class MemoryFile {
    let descriptor: Int32
    static let seal: Int32 = 1
    static let shrink: Int32 = 2
    static let grow: Int32 = 4
    private static let addSeals: Int32 = 1033

    init(byteCount: Int, seals: Int32) {
        // The flags say that the file can be sealed, and that children do not get it.
        descriptor = LinuxCalls.memfd_create("test", 2 | 1)
        precondition(ftruncate(descriptor, byteCount) == 0, "there is no memory")
        precondition(fcntl(descriptor, Self.addSeals, seals) == 0, "memory cannot be sealed")
    }

    deinit { close(descriptor) }

    func write(_ bytes: [UInt8], at offset: Int) {
        let count = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, offset) }
        precondition(count == bytes.count, "memory cannot be written")
    }
}
