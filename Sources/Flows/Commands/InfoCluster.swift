import Redis

/// `RG.INFOCLUSTER`: flows of one server know of no other.
struct InfoCluster: Command {
    init(parsing words: inout ArgumentReader) throws(FlowError) {
        guard words.remaining == 0 else { throw .arity("RG.INFOCLUSTER") }
    }

    func run(in context: borrowing RedisContext) throws(FlowError) {
        context.reply(status: "no cluster mode" as StaticString)
    }
}
