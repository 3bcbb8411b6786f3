import Execution
import Keyspace
import Redis

/// A model or a script as keys hold it.
protocol StoredRunnable: Runnable, StoredValue {
    static var type: ModuleType<Self> { get }
    static var directory: Directory<Self> { get }
}

extension Model: StoredRunnable {
    static var type: ModuleType<Model> { ModuleState.current.models }
    static var directory: Directory<Model> { ModuleState.current.modelDirectory }
}

extension Script: StoredRunnable {
    static var type: ModuleType<Script> { ModuleState.current.scripts }
    static var directory: Directory<Script> { ModuleState.current.scriptDirectory }
}

/// Puts a model or a script at a key: the half that the commands which store them share.
enum Storage<Value: StoredRunnable> {
    /// - Parameters:
    ///   - words: all of the command's, to be sent on.
    ///   - name: the command's.
    ///   - define: called once, on any thread.
    static func store(
        for backend: BackendKind, on device: Device, at key: Argument, words: ArgumentReader,
        named name: StaticString, in context: borrowing RedisContext,
        define: @escaping @Sendable () throws(ExecutionError) -> Value.Definition
    ) throws(CommandError) {
        try checkType(key, in: context)
        let flags = context.flags
        do throws(ExecutionError) {
            if !flags.isDisjoint(with: [.replicated, .loading]) {
                // The master has built it already: take it over at once, build in the background.
                commit(try scheduler.loading(try define()), key, context)
                return context.replicateVerbatim()
            }
            if !flags.isDisjoint(with: [.script, .transaction, .cannotBlock]) {
                commit(try scheduler.ready(try define(), for: key.bytes), key, context)
                return context.replicateVerbatim()
            }
            try scheduler.queue(for: device)
            // Blocks the client, not the server; what is at the key goes on meanwhile.
            let pending = PendingStorage<Value>(words: words, name: name, context)
            let client = context.block(pending)
            try scheduler.prepare(backend, on: device, for: key.bytes, define: define) { result in
                client.unblock { pending.result = result }
            }
        } catch {
            throw CommandError(storing: error)
        }
    }

    private static var scheduler: Scheduler { ModuleState.current.scheduler }

    static func checkType(_ key: Argument, in context: borrowing RedisContext) throws(CommandError) {
        do throws(WrongType) { _ = try context.read(key).holds(Value.type) } catch { throw .wrongType }
    }

    private static func commit(_ value: Value, _ key: Argument, _ context: borrowing RedisContext) {
        put(value, key, context)
        context.replyOK()
    }

    static func put(_ value: Value, _ key: Argument, _ context: borrowing RedisContext) {
        context.write(key).set(value, Value.type)
        Value.directory.note(value, at: KeyPlace(key: key.bytes, database: context.database))
    }
}

/// A client that waits for its model or script to be built.
private final class PendingStorage<Value: StoredRunnable>: PendingReply, @unchecked Sendable {
    private let name: StaticString
    private let words: RetainedArguments
    /// Written by the loader before the client is unblocked, read by the main thread after.
    var result: Result<Value, ExecutionError>?

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

    /// It is stored though its client has left: the work is done, and somebody wanted it.
    override func abandon(in context: borrowing RedisContext) {
        do throws(CommandError) { try store(in: context) } catch {
            Log.warning("a \(Value.noun) whose client has left was not stored: \(error.text)")
        }
    }

    override func finish() {
        result = nil
        words.release()
    }

    private func store(in context: borrowing RedisContext) throws(CommandError) {
        let value: Value
        do throws(ExecutionError) {
            guard let result else { preconditionFailure("a client was unblocked without a result") }
            value = try result.get()
        } catch {
            throw CommandError(storing: error)
        }
        if let obstacle = context.writeObstacle { throw .notStored(obstacle) }
        let key = words.arguments[0]
        // The key may hold something else by now.
        try Storage<Value>.checkType(key, in: context)
        Storage.put(value, key, context)
        var command = CommandWords()
        for word in words.arguments { command.append(word) }
        context.replicate(name, command)
    }
}
