import Redis

/// Every command of flows: what the server calls, and what it tells about it. One line and one description
/// each.
public enum FlowCommandTable {
    /// Registers all; in OnLoad only.
    /// - Returns: false if the server refuses one.
    public static func register(in context: borrowing RedisContext) -> Bool {
        // Safety: the server passes a context and `count` words that live as long as the call.
        let results = unsafe [
            context.register(PyExecute.description) { unsafe CommandDispatch<PyExecute>.run($0, $1, $2) },
            context.register(Trigger.description) { unsafe CommandDispatch<Trigger>.run($0, $1, $2) },
            context.register(TriggerOnKey.description) {
                unsafe CommandDispatch<TriggerOnKey>.run($0, $1, $2)
            },
            context.register(DumpRegistrations.description) {
                unsafe CommandDispatch<DumpRegistrations>.run($0, $1, $2)
            },
            context.register(Unregister.description) { unsafe CommandDispatch<Unregister>.run($0, $1, $2) },
            context.register(ClearRegistrationsStatistics.description) {
                unsafe CommandDispatch<ClearRegistrationsStatistics>.run($0, $1, $2)
            },
            context.register(PauseRegistrations.description) {
                unsafe CommandDispatch<PauseRegistrations>.run($0, $1, $2)
            },
            context.register(UnpauseRegistrations.description) {
                unsafe CommandDispatch<UnpauseRegistrations>.run($0, $1, $2)
            },
            context.register(DumpExecutions.description) {
                unsafe CommandDispatch<DumpExecutions>.run($0, $1, $2)
            },
            context.register(GetExecution.description) {
                unsafe CommandDispatch<GetExecution>.run($0, $1, $2)
            },
            context.register(GetResults.description) { unsafe CommandDispatch<GetResults>.run($0, $1, $2) },
            context.register(GetResultsBlocking.description) {
                unsafe CommandDispatch<GetResultsBlocking>.run($0, $1, $2)
            },
            context.register(DropExecution.description) {
                unsafe CommandDispatch<DropExecution>.run($0, $1, $2)
            },
            context.register(AbortExecution.description) {
                unsafe CommandDispatch<AbortExecution>.run($0, $1, $2)
            },
            context.register(PyDumpSessions.description) {
                unsafe CommandDispatch<PyDumpSessions>.run($0, $1, $2)
            },
            context.register(ConfigGet.description) { unsafe CommandDispatch<ConfigGet>.run($0, $1, $2) },
            context.register(ConfigSet.description) { unsafe CommandDispatch<ConfigSet>.run($0, $1, $2) },
            context.register(PyStats.description) { unsafe CommandDispatch<PyStats>.run($0, $1, $2) },
            context.register(InfoCluster.description) { unsafe CommandDispatch<InfoCluster>.run($0, $1, $2) },
        ]
        return results.allSatisfy { $0 } && StandIn.register(in: context)
    }
}
