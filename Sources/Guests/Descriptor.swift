import CGuests
import Glibc
import Synchronization

/// A descriptor of the system's, closed when its last owner lets go.
final class Descriptor: Sendable {
    private let value: Atomic<Int32>

    /// Takes over an open one.
    init(_ number: Int32) { value = Atomic(number) }

    deinit { if number >= 0 { close(number) } }

    /// -1 if it was handed over.
    var number: Int32 { value.load(ordering: .relaxed) }

    /// Hands it over to the caller, who closes it.
    func take() -> Int32 { value.exchange(-1, ordering: .relaxed) }

    /// - Returns: nil if it cannot be opened; `errno` says why.
    convenience init?(opening path: String, _ flags: Int32) {
        // Safety: the path is copied for the call.
        let number = unsafe open(path, flags | O_CLOEXEC)
        guard number >= 0 else { return nil }
        self.init(number)
    }

    /// Two connected sockets.
    static func socketPair(_ kind: __socket_type) -> (Descriptor, Descriptor)? {
        var numbers: [Int32] = [-1, -1]
        let flags = Int32(kind.rawValue | SOCK_CLOEXEC.rawValue)
        // Safety: the array has room for two and is alive during the call.
        guard unsafe socketpair(AF_UNIX, flags, 0, &numbers) == 0 else { return nil }
        return (Descriptor(numbers[0]), Descriptor(numbers[1]))
    }

    /// The ends of a pipe: for reading, for writing.
    static func pipe() -> (Descriptor, Descriptor)? {
        var numbers: [Int32] = [-1, -1]
        // Safety: the array has room for two and is alive during the call.
        guard unsafe guests_make_pipe(&numbers) else { return nil }
        return (Descriptor(numbers[0]), Descriptor(numbers[1]))
    }

    /// Has reading and writing fail rather than wait; the other end of a connection keeps its own way.
    func stopBlocking() { _ = fcntl(number, F_SETFL, fcntl(number, F_GETFL) | O_NONBLOCK) }

    /// Reads what is there, up to so many bytes.
    /// - Returns: empty at the end; nil if there is nothing yet, or no more can be read.
    func read(upTo byteCount: Int) -> [UInt8]? {
        var isOpen = true
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
            // Safety: the buffer has room for as many and is alive during the call.
            var result = unsafe Glibc.read(number, buffer.baseAddress, byteCount)
            while result < 0, errno == EINTR {
                result = unsafe Glibc.read(number, buffer.baseAddress, byteCount)
            }
            isOpen = result >= 0
            count = max(result, 0)
        }
        return isOpen ? bytes : nil
    }
}
