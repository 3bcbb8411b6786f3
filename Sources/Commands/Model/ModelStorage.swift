import Execution
import Keyspace
import Redis
import Tensors

/// Puts a model at a key: the half of `AI.MODELSTORE` and `AI.MODELSET` that they share.
enum ModelStorage {
    /// - Parameters:
    ///   - words: all of the command's, to be sent on.
    ///   - name: the command's.
    static func store(
        _ options: ModelOptions, _ blob: ArgumentSlice, at key: Argument, words: ArgumentReader,
        named name: StaticString, in context: borrowing RedisContext
    ) throws(CommandError) {
        try checkType(key, in: context)
        let flags = context.flags
        let pieces = blob.map { SharedBytes(RetainedString($0)) }
        do throws(ExecutionError) {
            if !flags.isDisjoint(with: [.replicated, .loading]) {
                // The master has built it already: take it over at once, build in the background.
                let model = try state.scheduler.loading(try options.definition(joining: pieces))
                commit(model, key, context)
                return context.replicateVerbatim()
            }
            if !flags.isDisjoint(with: [.script, .transaction, .cannotBlock]) {
                let model = try state.scheduler.ready(try options.definition(joining: pieces))
                commit(model, key, context)
                return context.replicateVerbatim()
            }
            let pending = PendingModel(words: words, name: name, context)
            try prepare(options, pieces, pending, in: context)
        } catch {
            throw CommandError(storing: error)
        }
    }

    private static var state: ModuleState { ModuleState.current }

    static func checkType(_ key: Argument, in context: borrowing RedisContext) throws(CommandError) {
        do throws(WrongType) { _ = try context.read(key).value(state.models) } catch { throw .wrongType }
    }

    private static func commit(_ model: Model, _ key: Argument, _ context: borrowing RedisContext) {
        put(model, key, context)
        context.replyOK()
    }

    static func put(_ model: Model, _ key: Argument, _ context: borrowing RedisContext) {
        context.write(key).set(model, state.models)
        state.directory.note(model, at: KeyPlace(key: key.bytes, database: context.database))
    }

    /// Blocks the client, not the server; the old model at the key goes on meanwhile.
    private static func prepare(
        _ options: ModelOptions, _ pieces: [SharedBytes], _ pending: PendingModel,
        in context: borrowing RedisContext
    ) throws(ExecutionError) {
        try state.scheduler.queue(for: options.device)
        let client = context.block(pending)
        try state.scheduler.prepare(options.backend, on: options.device) {
            () throws(ExecutionError) in
            try options.definition(joining: pieces)
        } completion: { result in
            client.unblock { pending.result = result }
        }
    }
}

/// A client that waits for its model to be built.
private final class PendingModel: PendingReply, @unchecked Sendable {
    private let name: StaticString
    private let words: RetainedArguments
    /// Written by the loader before the client is unblocked, read by the main thread after.
    var result: Result<Model, ExecutionError>?

    init(words: ArgumentReader, name: StaticString, _ context: borrowing RedisContext) {
        self.name = name
        self.words = RetainedArguments(ArgumentSlice(words: words, indices: 1..<words.count))
        super.init(context)
    }

    override func send(in context: borrowing RedisContext) {
        do throws(CommandError) {
            try store(in: context)
            context.replyOK()
        } catch {
            context.reply(error: error.text)
        }
    }

    /// The model is stored though its client has left: the work is done, and somebody wanted it.
    override func abandon(in context: borrowing RedisContext) {
        do throws(CommandError) { try store(in: context) } catch {
            Log.warning("a model whose client has left was not stored: \(error.text)")
        }
    }

    override func finish() {
        result = nil
        words.release()
    }

    private func store(in context: borrowing RedisContext) throws(CommandError) {
        let model: Model
        do throws(ExecutionError) {
            guard let result else { preconditionFailure("a client was unblocked without a model") }
            model = try result.get()
        } catch {
            throw CommandError(storing: error)
        }
        if let obstacle = context.writeObstacle { throw .notStored(obstacle) }
        let key = words.arguments[0]
        // The key may hold something else by now.
        try ModelStorage.checkType(key, in: context)
        ModelStorage.put(model, key, context)
        var command = CommandWords()
        for word in words.arguments { command.append(word) }
        context.replicate(name, command)
    }
}
