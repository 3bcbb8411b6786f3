import Redis

/// `RG.CONFIGSET name value ...`
struct ConfigSet: Command {
    private let words: ArgumentSlice

    init(parsing words: inout ArgumentReader) throws(FlowError) {
        guard words.remaining > 1 else { throw .arity("RG.CONFIGSET") }
        self.words = words.next(atMost: words.remaining)
    }

    func run(in context: borrowing RedisContext) throws(FlowError) {
        let service = FlowService.current
        let starts = Array(stride(from: words.startIndex, to: words.endIndex, by: 2))
        context.reply(arrayOf: starts.count)
        for start in starts {
            let name = words[start]
            guard start + 1 < words.endIndex else {
                context.reply(error: FlowError.configurationWithoutValue(name.text).text)
                continue
            }
            switch service.configuration.set(name.bytes, words[start + 1].bytes) {
            case .done: context.replyOK()
            case .kept:
                context.reply(status: "OK - value was saved in extra config dictionary" as StaticString)
            case .isFixed: context.reply(error: FlowError.configurationFixed(name.text).text)
            case .failed: context.reply(error: FlowError.configurationRefused(name.text).text)
            }
        }
        try service.tellConfiguration(.settings)
    }
}
