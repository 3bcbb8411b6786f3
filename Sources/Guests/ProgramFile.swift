import CGuests
import Glibc

/// The file of a program that is to be started.
struct ProgramFile {
    /// Absolute; links are not followed, since a program may look at where it was called from.
    let path: String
    let file: Descriptor
    /// Whether another program has to read it, as the first line says.
    let isScript: Bool

    /// - Parameters:
    ///   - name: an absolute path, or a name without a slash.
    ///   - searchPath: folders, as in `PATH`.
    init(_ name: String, in searchPath: String, advice: String) throws(GuestFailure) {
        path = try Self.path(of: name, in: searchPath, advice: advice)
        // Enough to run it: reading it may be denied.
        // Safety: the path is copied for the call.
        let number = unsafe guests_open_program(path)
        guard number >= 0 else {
            let error = errno
            let text = "cannot open \(path): \(Self.error(error))"
            throw Self.isPassing(error) ? .passing(text) : .refused("\(text); \(advice)")
        }
        file = Descriptor(number)
        let beginning = Descriptor(opening: path, O_RDONLY)?.read(upTo: 2)
        isScript = beginning == Array("#!".utf8)
    }

    private static func path(
        of name: String, in searchPath: String, advice: String
    ) throws(GuestFailure) -> String {
        if name.hasPrefix("/") {
            if isFile(name) { return name }
            throw .refused("cannot find \(name); \(advice)")
        }
        guard !name.isEmpty, !name.contains("/") else {
            throw .refused("\(name) is neither an absolute path nor a name without folders; \(advice)")
        }
        let candidates = searchPath.split(separator: ":").filter { $0.hasPrefix("/") }.map { "\($0)/\(name)" }
            .filter(isFile)
        // The first one that may be run, or else one to say why not.
        guard let path = candidates.first(where: isExecutable) ?? candidates.first else {
            throw .refused("cannot find \(name) in PATH; \(advice)")
        }
        return path
    }

    /// Why the kernel has refused to run it.
    func refusal(_ error: Int32, advice: String) -> GuestFailure {
        guard error == EACCES || error == EPERM else {
            return .refused("cannot run \(path): \(Self.error(error)); \(advice)")
        }
        // Without a mode that lets anybody run it, the host has nothing to do with it.
        if !Self.hasExecutableMode(path) {
            return .refused("may not run \(path): it is no program; \(advice)")
        }
        return .refused(
            "may not run \(path): the server's service allows only some programs, or its user may not; "
                + "add ExecPaths=\(path) to its unit (make install writes such a drop-in), or \(advice)")
    }

    /// Whether what the kernel has refused may be possible a little later.
    static func isPassing(_ error: Int32) -> Bool {
        [EAGAIN, ENOMEM, EMFILE, ENFILE, ETXTBSY].contains(error)
    }

    static func error(_ number: Int32) -> String {
        // Safety: the text lives until this thread asks again.
        unsafe strerror(number).map { unsafe String(cString: $0) } ?? "error \(number)"
    }

    private static func mode(_ path: String) -> mode_t? {
        var about = stat()
        // Safety: the path is copied for the call.
        return unsafe stat(path, &about) == 0 ? about.st_mode : nil
    }

    private static func isFile(_ path: String) -> Bool { mode(path).map { $0 & S_IFMT == S_IFREG } ?? false }

    private static func hasExecutableMode(_ path: String) -> Bool {
        mode(path).map { $0 & 0o111 != 0 } ?? false
    }

    private static func isExecutable(_ path: String) -> Bool {
        // Safety: the path is copied for the call.
        unsafe access(path, X_OK) == 0
    }
}
