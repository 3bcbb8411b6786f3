import Redis

/// Who may have `AI.CONFIG` load libraries from outside of the folder that the administrator named.
public enum LoadPermission: Int, Sendable, CaseIterable {
    case no
    case yes
    /// Clients of the same machine.
    case local

    /// As `ALLOW_LOAD` takes them, in the order of the numbers.
    static let names: [StaticString] = ["no", "yes", "local"]

    /// Whether a client that is connected from there may.
    public func includes(_ origin: ClientOrigin) -> Bool {
        switch self {
        case .no: false
        case .yes: true
        case .local: origin == .local
        }
    }
}
