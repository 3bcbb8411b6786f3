import Glibc
import Host

/// A library that is opened while the process runs, and never closed.
///
/// Closing is no option: runtimes leave threads and C++ objects behind that refer to their code.
@safe
struct SharedLibrary: @unchecked Sendable {
    /// Valid as long as the process.
    let handle: UnsafeMutableRawPointer

    /// Reads the file, resolves what it needs at once and keeps its names to itself.
    /// - Throws: `.cannotOpen` with the loader's words, and the reason behind them if it is known.
    init(path: String) throws(BackendOpeningError) {
        // Safety: the path is copied for the call; a handle stays valid, since nothing closes it.
        guard let handle = unsafe dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
            let words = Self.lastError()
            throw .cannotOpen(reason: CodePlace.obstacle(to: path).map { "\(words) (\($0))" } ?? words)
        }
        unsafe self.handle = handle
        unsafe Host.current.guardLibrary(handle)
    }

    /// The address of an exported name, of the library or of those that it needs.
    func address(of symbol: String) -> UnsafeMutableRawPointer? {
        // Safety: the handle is open.
        unsafe dlsym(handle, symbol)
    }

    /// Has the library use another function than the one that it imports by this name.
    /// - Returns: whether it imports the name.
    @discardableResult
    func exchange(_ symbol: String, for replacement: UnsafeMutableRawPointer) -> Bool {
        // Safety: the handle is open.
        unsafe Host.exchange(symbol, in: handle, for: replacement)
    }

    /// What the loader says of its last failure on this thread.
    private static func lastError() -> String {
        // Safety: the text is copied before the loader is called again.
        guard let text = unsafe dlerror() else { return "unknown error" }
        return unsafe String(cString: text)
    }
}
