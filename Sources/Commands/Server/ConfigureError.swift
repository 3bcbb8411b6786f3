/// Why `AI.CONFIG` refused something.
public enum ConfigureError: Sendable {
    case missingPath
    case missingChunkSize
    case invalidChunkSize
    case unsupportedSubcommand
    case backendNotLoaded
    /// A library outside of the folder, or another folder, where ALLOW_LOAD does not let the client.
    case loadingNotAllowed
    /// Not for scripts, replication and the like.
    case onlyForClients
}
