import Messages
import Redis

/// What a client is told.
enum FlowAnswer {
    case ok
    /// The ID of an execution.
    case id([UInt8])
    /// What a trigger's flow has brought.
    case records([MessageValue])
    /// The only record of a hook.
    case record(MessageValue)
    /// What a held command has answered, or a flow in its place.
    case held(HeldCommand)
    /// Results and errors of an execution.
    case outcome([MessageValue], errors: [[UInt8]])
    case failed(FlowError)

    func send(in context: borrowing RedisContext) {
        switch self {
        case .ok: context.replyOK()
        case .id(let id): context.reply(bulk: id)
        case .records(let records): context.reply(records)
        case .record(let record): context.reply(record: record)
        case .held(let held):
            if let override = held.override {
                context.reply(record: override)
            } else if let reply = held.reply {
                reply.send(in: context)
            }
        case .outcome(let results, let errors):
            context.reply(arrayOf: 2)
            context.reply(results)
            context.reply(arrayOf: errors.count)
            for error in errors { context.reply(bulk: error) }
        case .failed(let error): context.reply(error: error.text)
        }
    }
}

extension RedisContext {
    /// An array of what flows have made of their records.
    fileprivate func reply(_ records: [MessageValue]) {
        reply(arrayOf: records.count)
        for record in records { reply(record: record) }
    }

    /// What the Python side has turned into bytes, an integer, a list, or `("+", status)` and `("-", error)`.
    fileprivate func reply(record: MessageValue) {
        switch record {
        case .bytes(let bytes): reply(bytes: bytes.span)
        case .text(let text): reply(bulk: Array(text.utf8))
        case .integer(let number): reply(integer: number)
        case .list(let records): reply(records)
        case .tuple(let parts):
            guard parts.count == 2, let text = parts[1].asBytes else { return replyOpaque() }
            let line = String(decoding: text, as: UTF8.self)
            if parts[0].asText == "+" { reply(status: line) } else { reply(error: line) }
        default: replyOpaque()
        }
    }

    /// What has no form in a reply.
    private func replyOpaque() { reply(bulk: "PY RECORD") }
}
