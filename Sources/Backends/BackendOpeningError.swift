import Execution

/// Why the library of a backend cannot be used.
enum BackendOpeningError: Error, Equatable {
    /// The loader refuses the file; the reason is in its words.
    case cannotOpen(reason: String)
    /// The file is a library, but not the runtime's.
    case missingSymbol(String)
    /// It is the runtime's, but does not start.
    case unusable(reason: String)
    /// Somebody else may put another library there.
    case untrusted(reason: String)
    /// It lies outside of the folder in which it has to lie.
    case outside

    /// The reason alone, for an error.
    func reason(_ kind: BackendKind, path: String) -> String {
        switch self {
        case .cannotOpen(let reason): reason
        case .missingSymbol(let symbol): "\(path) does not export \(symbol)"
        case .unusable(let reason), .untrusted(let reason): reason
        case .outside: "it lies outside of BACKENDSPATH"
        }
    }

    /// The log line.
    func logLine(_ kind: BackendKind, path: String) -> String {
        switch self {
        case .missingSymbol(let symbol):
            "Backend does not export \(symbol). \(kind.wireName) backend was not loaded from \(path)"
        default:
            "Could not load \(kind.wireName) backend from \(path): \(reason(kind, path: path))"
        }
    }
}
