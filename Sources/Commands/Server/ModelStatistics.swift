import Execution
import Redis

/// `AI.INFO key [RESETSTAT]`: how often a model ran, for how long, and how often it failed.
public struct ModelStatistics: Command {
    let key: Argument
    let isReset: Bool

    public init(parsing words: inout ArgumentReader) throws(CommandError) {
        guard (2...3).contains(words.count), let key = words.next() else { throw .arity("AI.INFO") }
        self.key = key
        // Any other word has always been passed over.
        isReset = words.take("RESETSTAT")
    }

    public func run(in context: borrowing RedisContext) throws(CommandError) {
        let model: Model
        do throws(CommandError) { model = try ModelGet.model(at: key, in: context) } catch {
            throw .statisticsMissing
        }
        guard !isReset else {
            model.statistics.reset()
            return context.replyOK()
        }
        let definition = model.definition
        context.reply(arrayOf: 18)
        context.reply(label: "key", key.bytes)
        context.reply(label: "type", Array("MODEL".utf8))
        context.reply(bulk: "backend")
        context.reply(bulk: definition.backend.wireName)
        context.reply(label: "device", definition.device.text)
        context.reply(label: "tag", definition.tag)
        context.reply(label: "duration", model.statistics.microseconds)
        context.reply(label: "samples", model.statistics.samples)
        context.reply(label: "calls", model.statistics.calls)
        context.reply(label: "errors", model.statistics.errors)
    }
}

extension RedisContext {
    fileprivate func reply(label: StaticString, _ bytes: [UInt8]) {
        reply(bulk: label)
        reply(bulk: bytes)
    }

    fileprivate func reply(label: StaticString, _ number: Int) {
        reply(bulk: label)
        reply(integer: number)
    }
}
