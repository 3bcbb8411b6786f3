import Glibc

/// A file in memory, as another process may announce it; closed with this object.
final class MemoryFile {
    let descriptor: Int32
    static let seal: Int32 = 1
    static let shrink: Int32 = 2
    static let grow: Int32 = 4
    static let futureWrite: Int32 = 16
    private static let addSeals: Int32 = 1033
    private let memory: UnsafeMutableRawPointer
    private let byteCount: Int

    /// - Parameter hasPages: whether all of its pages are there.
    init(byteCount: Int, seals: Int32, hasPages: Bool = true) {
        self.byteCount = byteCount
        // The flags say that the file can be sealed, and that children do not get it.
        descriptor = LinuxCalls.memfd_create("test", 2 | 1)
        precondition(ftruncate(descriptor, byteCount) == 0, "there is no memory")
        precondition(!hasPages || posix_fallocate(descriptor, 0, byteCount) == 0, "there is no memory")
        guard let memory = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0),
            memory != MAP_FAILED
        else { preconditionFailure("memory cannot be mapped") }
        self.memory = memory
        precondition(fcntl(descriptor, Self.addSeals, seals) == 0, "memory cannot be sealed")
    }

    deinit {
        munmap(memory, byteCount)
        close(descriptor)
    }

    func write(_ bytes: [UInt8], at offset: Int) {
        precondition(offset + bytes.count <= byteCount, "there is no such memory")
        (memory + offset).copyMemory(from: bytes, byteCount: bytes.count)
    }
}
