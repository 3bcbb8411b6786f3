import Messages
import Redis

/// Commands with flows before them.
extension FlowService {
    /// Whether a command can be hooked the way a script wants it.
    ///
    /// - Parameter replaced: the session whose hooks do not count any more.
    func checkHook(
        _ reader: FlowReader, _ mode: FlowMode, of session: FlowSession, replaced: FlowSession?
    ) throws(FlowError) {
        switch reader {
        case .hook(let settings):
            try checkHookable(settings.command, hasPrefix: settings.prefix != nil, "override")
            let own = session.registrations.filter { registration in
                guard case .hook(let other) = registration.reader else { return false }
                return other.command == settings.command
            }
            let others = sessions.hooks.hooks(of: settings.command)
                .filter { $0.session !== session && $0.session !== replaced }
            if own.contains(where: { $0.mode != .sync }) { throw .hook(.notSyncInSession) }
            if others.contains(where: { $0.mode != .sync }) { throw .hook(.notSync) }
            guard own.count + others.count < FlowHooks.hookLimit else {
                throw .hook(.tooMany(limit: FlowHooks.hookLimit))
            }
        case .keys(let filter):
            let hasPrefix = filter.prefix.text != [UInt8(ascii: "*")]
            for command in filter.commands ?? [] {
                try checkHookable(command, hasPrefix: hasPrefix, "hook")
            }
        case .command, .stream: return
        }
    }

    private func checkHookable(
        _ command: [UInt8], hasPrefix: Bool, _ verb: HookError.Verb
    ) throws(FlowError) {
        // Else a hook would let everybody run the command.
        guard ServerAccess.checksRights || settings.allowsUncheckedScripts else {
            throw .serverCall(.unchecked)
        }
        guard let info = ServerCommandInfo.of(command) else { throw .hook(.commandMissing(verb)) }
        guard !info.flags.contains("noscript") else { throw .hook(.notForScripts(verb)) }
        let name = String(decoding: command, as: UTF8.self)
        guard !info.flags.contains("blocking"), !Self.ofConnections.contains(name),
            !name.hasPrefix("rg."), !name.hasPrefix("ai._")
        else { throw .hook(.notHookable(name)) }
        guard hasPrefix else { return }
        guard !info.flags.contains("movablekeys") else { throw .hook(.movingKeys(verb)) }
        guard info.keys.first > 0 else { throw .hook(.noFirstKey(verb)) }
        guard info.keys.step > 0 else { throw .hook(.noJump(verb)) }
    }

    /// What they do is done to the connection on which they come.
    private static let ofConnections: Set<String> = ["select", "client", "asking", "readonly", "readwrite"]

    // MARK: A client's command

    /// Runs what a client has sent, by way of the flows that stand before it.
    /// - Parameter words: its name first.
    func runHooked(_ words: ArgumentReader, in context: borrowing RedisContext) {
        let flags = context.flags
        // What the user may not do the server refuses, in its words.
        guard flags.isDisjoint(with: [.replicated, .loading, .replica]), context.rights(flags).allows(words)
        else { return context.relay(words) }
        let bytes = (0..<words.count).map { words[$0].bytes }
        let access = ServerAccess(context)
        do throws(FlowError) {
            if let hook = sessions.hooks.next(after: nil, bytes) {
                try run(hook, bytes, HookCall(bytes[0], access), in: context)
            } else if sessions.hooks.holds(bytes[0].lowercased) {
                try hold(words, HeldCommand(bytes[0].lowercased), access, in: context)
            } else {
                context.relay(words)
            }
        } catch {
            context.reply(error: error.text)
        }
    }

    /// Has a hook run, with the client waiting.
    private func run(
        _ hook: FlowRegistration, _ words: [[UInt8]], _ call: HookCall, in context: borrowing RedisContext
    ) throws(FlowError) {
        try checkCanBegin(hook, .words(words))
        guard isReady, hook.number != nil else { throw .process(.starting) }
        let mayBlock = context.flags.isDisjoint(with: .cannotWait)
        if hook.mode == .sync {
            let execution = try runHolding(
                hook, .words(words), owner: .holder, mayBlock: mayBlock, hook: call)
            if execution.isOver {
                FlowAnswer(hook: execution).send(in: context)
            } else {
                execution.owner = .client(FlowClient(context))
            }
        } else {
            guard mayBlock else { throw .triggerCannotBlock }
            begin(hook, .words(words), owner: .client(FlowClient(context)), hook: call)
        }
    }

    // MARK: call_next

    /// A hook goes on: with the hook before it, or with the command.
    func callNext(_ call: FlowCall) throws(FlowError) {
        guard let execution = call.execution, let hook = execution.hook,
            let registration = execution.registration
        else { throw .hook(.notInside) }
        var arguments: [[UInt8]] = []
        for word in try call.list(0) {
            guard let bytes = word.asBytes else { throw .invalidCall }
            arguments.append(Array(bytes))
        }
        let words = [hook.command] + arguments
        if let older = sessions.hooks.next(after: registration, words) {
            if holding.isHeld { return try goOn(older, words, hook, call) }
            // What else comes from Python is read meanwhile, which must not happen while that is being read.
            return ServerTurn.atEnd {
                guard self.isReady, call.isOpen else { return }
                do throws(FlowError) { try self.goOn(older, words, hook, call) } catch {
                    self.fail(call.number, error)
                }
            }
        }
        let reply: ServerReply
        do throws(ServerCallFailure) {
            reply = try hook.access.call(hook.command, arguments) ?? .null
        } catch {
            throw .serverCall(error)
        }
        try answer(call.number) { $0.reply(reply) }
    }

    private func goOn(
        _ older: FlowRegistration, _ words: [[UInt8]], _ hook: HookCall, _ call: FlowCall
    ) throws(FlowError) {
        try checkCanBegin(older)
        let execution = try runHolding(older, .words(words), owner: .holder, mayBlock: false, hook: hook)
        let answer = FlowAnswer(hook: execution)
        switch answer {
        case .record(let record):
            // A status is a text to flows, and an error is raised.
            if case .tuple(let parts) = record, parts.count == 2 {
                let text = parts[1].asBytes.map { String(decoding: $0, as: UTF8.self) } ?? ""
                if parts[0].asText == "-" { throw .flow(text) }
                return try self.answer(call.number) { $0.bytes(text) }
            }
            try self.answer(call.number) { $0.value(record) }
        case .failed(let error): throw error
        default: throw .invalidCall
        }
    }
}

extension FlowAnswer {
    /// The one record of a hook, or its first error.
    init(hook execution: FlowExecution) {
        if let error = execution.errors.first {
            self = .failed(.flow(String(decoding: error, as: UTF8.self)))
        } else if execution.results.count == 1 {
            self = .record(execution.results[0])
        } else {
            self = .failed(.hook(.resultCount))
        }
    }
}
