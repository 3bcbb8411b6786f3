import Redis

/// Every command: what the server calls, and what it tells about it. One line and one description each.
public enum CommandTable {
    /// Registers all; in OnLoad only.
    /// - Returns: false if the server refuses one.
    public static func register(in context: borrowing RedisContext) -> Bool {
        guard context.addCategory(CommandCategories.own) else { return false }
        // Safety: the server passes a context and `count` words that live as long as the call.
        let results = unsafe [
            context.register(TensorSet.description) { unsafe CommandDispatch<TensorSet>.run($0, $1, $2) },
            context.register(TensorGet.description) { unsafe CommandDispatch<TensorGet>.run($0, $1, $2) },
            context.register(ModelStore.description) { unsafe CommandDispatch<ModelStore>.run($0, $1, $2) },
            context.register(ModelSet.description) { unsafe CommandDispatch<ModelSet>.run($0, $1, $2) },
            context.register(ModelGet.description) { unsafe CommandDispatch<ModelGet>.run($0, $1, $2) },
            context.register(ModelDelete.description) { unsafe CommandDispatch<ModelDelete>.run($0, $1, $2) },
            context.register(ModelExecute.description) {
                unsafe CommandDispatch<ModelExecute>.run($0, $1, $2)
            },
            context.register(ModelRun.description) { unsafe CommandDispatch<ModelRun>.run($0, $1, $2) },
            context.register(ScriptStore.description) {
                unsafe CommandDispatch<ScriptStore>.run($0, $1, $2)
            },
            context.register(ScriptSet.description) { unsafe CommandDispatch<ScriptSet>.run($0, $1, $2) },
            context.register(ScriptGet.description) { unsafe CommandDispatch<ScriptGet>.run($0, $1, $2) },
            context.register(ScriptDelete.description) {
                unsafe CommandDispatch<ScriptDelete>.run($0, $1, $2)
            },
            context.register(ScriptExecute.description) {
                unsafe CommandDispatch<ScriptExecute>.run($0, $1, $2)
            },
            context.register(ScriptRun.description) { unsafe CommandDispatch<ScriptRun>.run($0, $1, $2) },
            context.register(DagExecute.description) { unsafe CommandDispatch<DagExecute>.run($0, $1, $2) },
            context.register(DagExecuteReadOnly.description) {
                unsafe CommandDispatch<DagExecuteReadOnly>.run($0, $1, $2)
            },
            context.register(DagRun.description) { unsafe CommandDispatch<DagRun>.run($0, $1, $2) },
            context.register(DagRunReadOnly.description) {
                unsafe CommandDispatch<DagRunReadOnly>.run($0, $1, $2)
            },
            context.register(ModelScan.description) { unsafe CommandDispatch<ModelScan>.run($0, $1, $2) },
            context.register(ScriptScan.description) { unsafe CommandDispatch<ScriptScan>.run($0, $1, $2) },
            context.register(ModelStatistics.description) {
                unsafe CommandDispatch<ModelStatistics>.run($0, $1, $2)
            },
            context.register(Statistics.description) { unsafe CommandDispatch<Statistics>.run($0, $1, $2) },
            context.register(Metrics.description) { unsafe CommandDispatch<Metrics>.run($0, $1, $2) },
            context.register(Configure.description) { unsafe CommandDispatch<Configure>.run($0, $1, $2) },
        ]
        return results.allSatisfy { $0 }
    }
}
