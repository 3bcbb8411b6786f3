/// How far a session's packages are.
enum SessionPackages {
    /// None are fetched for it.
    case none
    /// Its script waits for them.
    case ordered(PackageInstallation)
    case installed(folder: String)

    var areAwaited: Bool {
        if case .ordered = self { true } else { false }
    }

    /// Where they are.
    var folder: String? {
        if case .installed(let folder) = self { folder } else { nil }
    }
}
