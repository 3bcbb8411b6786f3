import Execution

/// The backends of the module: which there are, where their libraries lie, which are open.
///
/// Two kinds of lock, never held together. `state` is held for field access only, so that `loaded`, which
/// every command asks, waits for nothing. A lock of `openings` is held while its library is opened; only
/// threads that need the same library wait there, and one of them opens it for all.
public final class BackendCatalog: BackendProvider {
    /// Opens a library and makes its backend.
    typealias Opener = @Sendable (BackendKind, _ path: String) throws(BackendOpeningError) -> any Backend

    private struct State {
        var path: String
        var backends: [(any Backend)?]
    }

    private let state: Locked<State>
    private let openings: [Locked<(any Backend)?>]
    private let libraries: [BackendKind: String]
    private let opener: Opener
    private let log: @Sendable (String) -> Void

    /// A catalog of everything that this build can open; opens nothing yet.
    ///
    /// - Parameters:
    ///   - path: the folder of the default libraries, and of relative paths.
    ///   - options: for every runtime.
    ///   - allocator: where runtimes that allow it take their memory.
    ///   - libraries: files to open instead of the default ones.
    ///   - log: takes one line per opened or refused library; called on the opening thread, without locks.
    public convenience init(
        path: String, options: BackendOptions = BackendOptions(), allocator: BackendAllocator = .system,
        libraries: [BackendKind: String] = [:], log: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.init(path: path, libraries: libraries, log: log) {
            (kind: BackendKind, path: String) throws(BackendOpeningError) -> any Backend in
            switch kind {
            case .onnxRuntime:
                try ONNXRuntimeBackend(libraryPath: path, options: options, allocator: allocator)
            case .tensorFlow:
                try TensorFlowBackend(libraryPath: path, options: options)
            case .tensorFlowLite:
                try LiteRTBackend(libraryPath: path, options: options)
            case .torch:
                try TorchBackend(libraryPath: path, options: options)
            }
        }
    }

    init(
        path: String, libraries: [BackendKind: String] = [:],
        log: @escaping @Sendable (String) -> Void = { _ in }, opener: @escaping Opener
    ) {
        let none = BackendKind.allCases.map { _ in (any Backend)?.none }
        state = Locked(State(path: path, backends: none))
        openings = none.map { Locked($0) }
        self.libraries = libraries
        self.opener = opener
        self.log = log
    }

    /// The folder of the default libraries.
    public var path: String { state.withLock { $0.path } }

    /// Changes where libraries are looked for from now on; open ones stay.
    public func setPath(_ path: String) { state.withLock { $0.path = path } }

    /// What is open, in the order of the kinds.
    public var loadedBackends: [any Backend] { state.withLock { $0.backends.compactMap { $0 } } }

    public func loaded(_ kind: BackendKind) -> (any Backend)? {
        state.withLock { $0.backends[Int(kind.rawValue)] }
    }

    public func backend(_ kind: BackendKind) throws(ExecutionError) -> any Backend {
        if let backend = loaded(kind) { return backend }
        return try open(kind, file: defaultFile(kind)).backend
    }

    /// Opens a library that the administrator names.
    ///
    /// - Parameter path: as it is if absolute, else below the catalog's folder.
    /// - Throws: `.libraryUnavailable`, also if the kind's library is open already.
    public func open(_ kind: BackendKind, path: String) throws(ExecutionError) {
        let file = path.utf8.first == UInt8(ascii: "/") ? path : "\(self.path)/\(path)"
        guard try !open(kind, file: file).wasOpen else {
            log("Could not load \(kind.wireName) backend: backend already loaded")
            throw .libraryUnavailable(kind, reason: "backend already loaded")
        }
    }

    private func defaultFile(_ kind: BackendKind) -> String {
        libraries[kind] ?? "\(path)/\(kind.libraryName)/\(kind.libraryName).so"
    }

    private func open(
        _ kind: BackendKind, file: String
    ) throws(ExecutionError) -> (backend: any Backend, wasOpen: Bool) {
        let index = Int(kind.rawValue)
        let outcome: (backend: any Backend, wasOpen: Bool)
        do throws(BackendOpeningError) {
            outcome = try openings[index].withLock { opened throws(BackendOpeningError) in
                if let backend = opened { return (backend, true) }
                let backend = try opener(kind, file)
                opened = backend
                return (backend, false)
            }
        } catch {
            log(error.logLine(kind, path: file))
            throw .libraryUnavailable(kind, reason: error.reason(kind, path: file))
        }
        state.withLock { $0.backends[index] = outcome.backend }
        if !outcome.wasOpen { log("\(kind.wireName) backend loaded from \(file)") }
        return outcome
    }
}
