import Execution
import Redis

/// `AI.INFO key [RESETSTAT]`: how often a model or script ran, for how long, and how often it failed.
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
        let report = try RunReport.find(at: key, in: context)
        guard !isReset else {
            // Who may store there does away with what was counted as well.
            guard context.rights.includesCommand(report.storingCommand, on: key) else {
                throw .noPermission("\(report.storingCommand)")
            }
            report.statistics.reset()
            return context.replyOK()
        }
        context.reply(arrayOf: 18)
        context.reply(label: "key", key.bytes)
        context.reply(bulk: "type")
        context.reply(bulk: report.typeName)
        context.reply(bulk: "backend")
        context.reply(bulk: report.backend.wireName)
        context.reply(label: "device", report.device.text)
        context.reply(label: "tag", report.tag)
        context.reply(label: "duration", report.summary.runTime.sum / 1000)
        context.reply(label: "samples", report.sampleCount)
        context.reply(label: "calls", report.summary.calls)
        context.reply(label: "errors", report.summary.errors)
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
