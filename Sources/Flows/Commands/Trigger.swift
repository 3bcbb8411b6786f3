import Redis

/// `RG.TRIGGER trigger [argument ...]`
struct Trigger: Command {
    /// The trigger's name first.
    let words: ArgumentSlice

    init(parsing words: inout ArgumentReader) throws(FlowError) {
        guard words.remaining > 0, let all = words.next(words.remaining) else { throw .arity("RG.TRIGGER") }
        self.words = all
    }

    func run(in context: borrowing RedisContext) throws(FlowError) {
        try FlowService.current.trigger(words, in: context)
    }
}

/// `RG.TRIGGERONKEY trigger key [argument ...]`, the same with a key that says where in a cluster it belongs.
struct TriggerOnKey: Command {
    let words: ArgumentSlice

    init(parsing words: inout ArgumentReader) throws(FlowError) {
        guard words.remaining > 1, let all = words.next(words.remaining) else {
            throw .arity("RG.TRIGGERONKEY")
        }
        self.words = all
    }

    func run(in context: borrowing RedisContext) throws(FlowError) {
        try FlowService.current.trigger(words, in: context)
    }
}
