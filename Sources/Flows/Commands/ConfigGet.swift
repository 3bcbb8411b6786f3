import Redis

/// `RG.CONFIGGET name ...`
struct ConfigGet: Command {
    private let names: ArgumentSlice

    init(parsing words: inout ArgumentReader) throws(FlowError) {
        guard words.remaining > 0 else { throw .arity("RG.CONFIGGET") }
        names = words.next(atMost: words.remaining)
    }

    func run(in context: borrowing RedisContext) throws(FlowError) {
        let configuration = FlowService.current.configuration
        context.reply(arrayOf: names.count)
        for name in names {
            switch configuration.value(name.bytes) {
            case .number(let number): context.reply(integer: number)
            case .text(let text): context.reply(bulk: text)
            case nil: context.reply(error: FlowError.configurationUnknown(name.text).text)
            }
        }
    }
}
