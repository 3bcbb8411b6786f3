import Redis

/// `RG.PYSTATS`: memory of the Python process, in bytes.
struct PyStats: Command {
    init(parsing words: inout ArgumentReader) throws(FlowError) {
        guard words.remaining == 0 else { throw .arity("RG.PYSTATS") }
    }

    func run(in context: borrowing RedisContext) throws(FlowError) {
        let memory = FlowService.current.memory()
        context.reply(arrayOf: 6)
        // What has been allocated in all is not known; it is as much as there was at most, at least.
        context.reply(bulk: "TotalAllocated")
        context.reply(integer: memory.peak)
        context.reply(bulk: "PeakAllocated")
        context.reply(integer: memory.peak)
        context.reply(bulk: "CurrAllocated")
        context.reply(integer: memory.current)
    }
}
