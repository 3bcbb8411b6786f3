import Execution
import Glibc

/// A folder that only this process' user can open, removed with its content when the last owner lets go.
final class PrivateFolder {
    let path: String
    private var made: [(path: String, isFolder: Bool)] = []

    /// Makes one under `TMPDIR`, or `/tmp`; the process' number is in its name.
    /// - Throws: `.backend` if that is not possible.
    init() throws(ExecutionError) {
        // Safety: the environment changes on the main thread only while the module is loaded.
        let parent = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
        var name = Array("\(parent)/redisai-model-\(getpid())-XXXXXX".utf8CString)
        // Safety: the text ends with a NUL and is changed in place; the folder gets mode 0700.
        guard unsafe mkdtemp(&name) != nil else {
            throw .backend("ERR no folder for the variables of the SavedModel can be made in \(parent)")
        }
        path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        // Safety: texts are copied for the calls. What cannot be removed stays.
        for item in made.reversed() { _ = unsafe item.isFolder ? rmdir(item.path) : unlink(item.path) }
        unsafe rmdir(path)
    }

    /// Makes a folder within.
    func makeFolder(_ name: String) throws(ExecutionError) {
        let folder = "\(path)/\(name)"
        guard unsafe mkdir(folder, 0o700) == 0 else { throw Self.failure }
        made.append((folder, true))
    }

    /// Makes a file within.
    func write(_ bytes: [UInt8], to name: String) throws(ExecutionError) {
        let file = "\(path)/\(name)"
        let descriptor = unsafe open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure }
        made.append((file, false))
        defer { close(descriptor) }
        var written = 0
        while written < bytes.count {
            // Safety: the array is alive during the call.
            let count = unsafe bytes.withUnsafeBytes { bytes in
                unsafe Glibc.write(
                    descriptor, bytes.baseAddress.map { unsafe $0 + written }, bytes.count - written)
            }
            guard count > 0 else {
                if count < 0, errno == EINTR { continue }
                throw Self.failure
            }
            written += count
        }
    }

    private static let failure = ExecutionError.backend(
        "ERR the variables of the SavedModel cannot be written to the folder for temporary files")
}
