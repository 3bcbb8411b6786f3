import Redis

extension ContextFlags {
    /// The reply has to be there when the command returns.
    static var cannotWait: ContextFlags { [.script, .transaction, .cannotBlock, .loading, .replicated] }
}
