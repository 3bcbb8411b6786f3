import Execution
import Keyspace
import Redis

/// `AI.CONFIG` with its subcommands: libraries, their folder, the size of pieces.
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
            guard let path = words.next() else { throw .missingPath }
            action = .setPath(path.text)
        } else if words.take("MODEL_CHUNK_SIZE") {
            guard let word = words.next() else { throw .missingChunkSize }
            guard let size = word.integer, size > 0 else { throw .invalidChunkSize }
            action = .setChunkSize(size)
        } else if words.take("GET") {
            guard words.remaining > 0 else { throw .arity("AI.CONFIG") }
            action =
                words.take("BACKENDSPATH")
                ? .getPath : words.take("MODEL_CHUNK_SIZE") ? .getChunkSize : .getUnknown
        } else {
            throw .unsupportedSubcommand
        }
    }

    public func run(in context: borrowing RedisContext) throws(CommandError) {
        let state = ModuleState.current
        switch action {
        case .getPath: return context.reply(bulk: Array(state.backends.path.utf8))
        case .getChunkSize: return context.reply(integer: state.settings.chunkSize)
        case .getUnknown: return context.replyNull()
        case .setPath(let path): state.backends.setPath(path)
        case .setChunkSize(let size): state.settings.chunkSize = size
        case .loadBackend(let kind, let path):
            do throws(ExecutionError) { try state.backends.open(kind, path: path) } catch {
                throw .backendNotLoaded
            }
        }
        context.replyOK()
    }
}
