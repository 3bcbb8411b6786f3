import Messages
import Redis

/// KeysReader with `commands`: a client's command, and then flows for what it has done to keys.
extension FlowService {
    /// Runs a command, and answers when the flows that it starts have ended.
    func hold(
        _ words: ArgumentReader, _ held: HeldCommand, _ access: ServerAccess,
        in context: borrowing RedisContext
    ) throws(FlowError) {
        let flags = context.flags
        let outer = sessions.hooks.current
        sessions.hooks.current = held
        defer { sessions.hooks.current = outer }
        let reply: KeptReply
        do throws(ServerCallFailure) {
            reply = try access.relay(words, isRESP3: flags.contains(.isRESP3))
        } catch {
            throw .serverCall(error)
        }
        sessions.hooks.current = outer
        held.reply = reply
        let mayBlock = flags.isDisjoint(with: .cannotWait)
        let events = held.events
        held.events = []
        for event in events { begin(for: event, of: held, mayBlock: mayBlock) }
        if held.openCount > 0 {
            held.client = FlowClient(context)
        } else {
            FlowAnswer.held(held).send(in: context)
        }
    }

    private func begin(for event: PendingEvents.KeyEvent, of held: HeldCommand, mayBlock: Bool) {
        let registration = event.registration
        do throws(FlowError) {
            guard let record = try record(of: event) else { return }
            try checkCanBegin(registration, .key(record))
            // Nobody waits where nobody can.
            let holder = mayBlock || registration.mode == .sync ? held : nil
            holder?.openCount += 1
            let onEnd: (FlowExecution) -> Void = { _ in holder?.executionEnded() }
            guard registration.mode == .sync else {
                return begin(registration, .key(record), owner: .kept, held: holder, onEnd: onEnd)
            }
            do throws(FlowError) {
                try runHolding(
                    registration, .key(record), owner: .kept, mayBlock: mayBlock, held: holder, onEnd: onEnd)
            } catch {
                holder?.openCount -= 1
                throw error
            }
        } catch {
            registration.statistics.fail(error)
        }
    }

    /// `override_reply`: the client gets something else than its command has answered.
    func overrideReply(_ call: FlowCall) throws(FlowError) {
        guard let held = call.execution?.held else { throw .hook(.noCommand) }
        guard held.override == nil else { throw .hook(.overriddenTwice) }
        held.override = try call.argument(0)
        try answer(call.number) { $0.none() }
    }
}
