import Execution
import Keyspace
import Redis

/// `AI.CONFIG` with its subcommands: libraries, their folder, the size of pieces.
///
/// To load a library is to run its code. So a client has libraries loaded from the folder that the
/// administrator has named, and from elsewhere where ALLOW_LOAD lets it; nobody but a client has any.
public struct Configure: Command {
    enum Action {
        case loadBackend(BackendKind, path: String)
        case setPath(String)
        case setChunkSize(Int)
        case getPath
        case getChunkSize
        case getUnknown
    }

    let action: Action

    public init(parsing words: inout ArgumentReader) throws(CommandError) {
        guard words.count >= 2 else { throw .arity("AI.CONFIG") }
        if words.take("LOADBACKEND") {
            guard words.remaining >= 2 else { throw .arity("AI.CONFIG") }
            let kind = try ModelOptions.backend(words.next())
            action = .loadBackend(kind, path: words.next()?.text ?? "")
        } else if words.take("BACKENDSPATH") {
            guard let path = words.next() else { throw .configure(.missingPath) }
            action = .setPath(path.text)
        } else if words.take("MODEL_CHUNK_SIZE") {
            guard let word = words.next() else { throw .configure(.missingChunkSize) }
            guard let size = word.integer, size > 0 else { throw .configure(.invalidChunkSize) }
            action = .setChunkSize(size)
        } else if words.take("GET") {
            guard words.remaining > 0 else { throw .arity("AI.CONFIG") }
            action =
                words.take("BACKENDSPATH")
                ? .getPath : words.take("MODEL_CHUNK_SIZE") ? .getChunkSize : .getUnknown
        } else {
            throw .configure(.unsupportedSubcommand)
        }
    }

    public func run(in context: borrowing RedisContext) throws(CommandError) {
        let state = ModuleState.current
        switch action {
        case .getPath: return context.reply(bulk: Array(state.backends.path.utf8))
        case .getChunkSize: return context.reply(integer: state.settings.chunkSize)
        case .getUnknown: return context.replyNull()
        case .setPath(let path): try Self.setPath(path, in: context)
        case .setChunkSize(let size):
            _ = try Self.mayLoadAnything(context)
            state.settings.chunkSize = size
        case .loadBackend(let kind, let path): try Self.load(kind, from: path, in: context)
        }
        context.replyOK()
    }

    private static func setPath(
        _ path: String, in context: borrowing RedisContext
    ) throws(CommandError) {
        let backends = ModuleState.current.backends
        guard try mayLoadAnything(context) || path == backends.path else {
            throw .configure(.loadingNotAllowed)
        }
        backends.setPath(path)
    }

    private static func load(
        _ kind: BackendKind, from path: String, in context: borrowing RedisContext
    ) throws(CommandError) {
        let isConfined = try !mayLoadAnything(context)
        do throws(ExecutionError) {
            try ModuleState.current.backends.open(kind, path: path, isConfined: isConfined)
        } catch {
            if case .libraryOutside = error { throw .configure(.loadingNotAllowed) }
            throw .configure(.backendNotLoaded)
        }
    }

    /// Whether the client may have libraries loaded that lie outside of the folder.
    /// - Throws: `.onlyForClients` if no client has sent the command.
    private static func mayLoadAnything(_ context: borrowing RedisContext) throws(CommandError) -> Bool {
        guard let origin = context.clientOrigin else { throw .configure(.onlyForClients) }
        return ModuleState.current.settings.loadPermission.includes(origin)
    }
}
