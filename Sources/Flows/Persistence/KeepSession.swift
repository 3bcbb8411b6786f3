import Redis

/// `AI._FLOWSESSION record [replaced-id]`: from a master or the append-only file.
struct KeepSession: Command {
    let record: Argument
    let replaced: Argument?

    init(parsing words: inout ArgumentReader) throws(FlowError) {
        guard (1...2).contains(words.remaining), let record = words.next() else {
            throw .arity("AI._FLOWSESSION")
        }
        self.record = record
        replaced = words.next()
    }

    func run(in context: borrowing RedisContext) throws(FlowError) {
        if try SessionCommandTable.isOwn(context) { return }
        let record = try SessionRecord(decoding: record.bytes)
        if let replaced { FlowService.installed?.takeEnd(of: replaced.bytes) }
        FlowService.take(record, FlowService.installed)
        context.replicateVerbatim()
        context.replyOK()
    }
}
