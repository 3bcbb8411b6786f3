import Execution

/// The backends of the module: which there are, where their libraries lie, which are open.
///
/// `state` is held for field access only, so that `loaded`, which every command asks, waits for nothing.
/// `opening` is held while a library is opened; only threads that need one wait there, and one of them opens
/// it for all.
public final class BackendCatalog: BackendProvider {
    /// Opens a library and makes its backend.
    typealias Opener = @Sendable (BackendKind, _ path: String) throws(BackendOpeningError) -> any Backend
    /// Says what a path means, and that it may be opened.
    typealias Locator =
        @Sendable (_ file: String, _ folder: String, _ isConfined: Bool) throws(BackendOpeningError) -> String

    private struct State {
        var path: String
        var backends: [(any Backend)?]
    }

    private let state: Locked<State>
    private let opening = OpeningLock()
    private let libraries: [BackendKind: String]
    private let locator: Locator
    private let opener: Opener
    private let log: @Sendable (String) -> Void

    /// A catalog of everything that this build can open; opens nothing yet.
    ///
    /// - Parameters:
    ///   - path: the folder of the default libraries, and of relative paths.
    ///   - options: for every runtime.
    ///   - allocator: where runtimes that allow it take their memory.
    ///   - libraries: files to open instead of the default ones.
    ///   - moduleFolder: the folder of the module, if that is what the code is in.
    ///   - log: takes one line per opened or refused library; called on the opening thread, without locks.
    public convenience init(
        path: String, options: BackendOptions = BackendOptions(), allocator: BackendAllocator = .system,
        libraries: [BackendKind: String] = [:], moduleFolder: String? = nil,
        log: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        let moduleFolder = moduleFolder.map { FollowedPath.absolute($0) }
        let locate: Locator = {
            (file: String, folder: String, isConfined: Bool) throws(BackendOpeningError) -> String in
            try LibraryLocation(
                of: file, in: folder, isConfined: isConfined, moduleFolder: moduleFolder
            ).path
        }
        self.init(path: path, libraries: libraries, log: log, locator: locate) {
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
        log: @escaping @Sendable (String) -> Void = { _ in }, locator: @escaping Locator,
        opener: @escaping Opener
    ) {
        let none = BackendKind.allCases.map { _ in (any Backend)?.none }
        state = Locked(State(path: FollowedPath.absolute(path), backends: none))
        self.libraries = libraries
        self.locator = locator
        self.opener = opener
        self.log = log
    }

    /// The folder of the default libraries, from `/` on.
    public var path: String { state.withLock { $0.path } }

    /// Changes where libraries are looked for from now on; open ones stay.
    ///
    /// - Parameter path: below the process' folder of now, if it is relative.
    public func setPath(_ path: String) {
        let absolute = FollowedPath.absolute(path)
        state.withLock { $0.path = absolute }
    }

    /// What is open, in the order of the kinds.
    public var loadedBackends: [any Backend] { state.withLock { $0.backends.compactMap { $0 } } }

    public func loaded(_ kind: BackendKind) -> (any Backend)? {
        state.withLock { $0.backends[Int(kind.rawValue)] }
    }

    public func backend(_ kind: BackendKind) throws(ExecutionError) -> any Backend {
        if let backend = loaded(kind) { return backend }
        return try open(kind, file: defaultFile(kind), isConfined: false).backend
    }

    /// Opens a library that somebody names.
    ///
    /// - Parameters:
    ///   - path: as it is if absolute, else below the catalog's folder.
    ///   - isConfined: whether it has to lie in that folder, wherever links lead.
    /// - Throws: `.libraryOutside`; `.libraryUnavailable`, also if the kind's library is open already.
    public func open(_ kind: BackendKind, path: String, isConfined: Bool) throws(ExecutionError) {
        let file = path.utf8.first == UInt8(ascii: "/") ? path : "\(self.path)/\(path)"
        guard try !open(kind, file: file, isConfined: isConfined).wasOpen else {
            log("Could not load \(kind.wireName) backend: backend already loaded")
            throw .libraryUnavailable(kind, reason: "backend already loaded")
        }
    }

    private func defaultFile(_ kind: BackendKind) -> String {
        libraries[kind] ?? "\(path)/\(kind.libraryName)/\(kind.libraryName).so"
    }

    private func open(
        _ kind: BackendKind, file: String, isConfined: Bool
    ) throws(ExecutionError) -> (backend: any Backend, wasOpen: Bool) {
        let outcome: (backend: any Backend, wasOpen: Bool)
        do throws(BackendOpeningError) {
            let library = try locator(file, path, isConfined)
            outcome = try opening.withLock { () throws(BackendOpeningError) in
                if let backend = loaded(kind) { return (backend, true) }
                let backend = try ProcessorSignals.opening(kind) { () throws(BackendOpeningError) in
                    try opener(kind, library)
                }
                state.withLock { $0.backends[Int(kind.rawValue)] = backend }
                return (backend, false)
            }
        } catch {
            log(error.logLine(kind, path: file))
            if error == .outside { throw .libraryOutside(kind) }
            throw .libraryUnavailable(kind, reason: error.reason(kind, path: file))
        }
        if !outcome.wasOpen { log("\(kind.wireName) backend loaded from \(file)") }
        return outcome
    }

    /// Waits for an opening that is under way, if it ends soon, and lets no other thread open a library from
    /// then on.
    /// - Returns: false if the opening goes on. Otherwise it is this thread's to resume.
    public func pauseOpening() -> Bool { opening.take(within: Self.longestWaitSeconds) }

    /// Ends what `pauseOpening` began.
    public func resumeOpening() { opening.giveBack() }

    private static let longestWaitSeconds = 10
}
