import Execution
import Redis

/// A DAG whose words have been read, not wired yet.
struct DagRequest {
    let options: DagOptions
    let operations: [DagOperation]

    /// Reads the options, then each command: what is wrong is said in this order.
    ///
    /// - Parameter rights: of the client's user. The server has looked at the right to the DAG and to its
    ///   keys; each command needs the same right as when it is sent alone.
    init<Keys: DagKeyspace & ~Copyable>(
        parsing words: ArgumentReader, as dialect: DagDialect, in keys: borrowing Keys,
        by rights: borrowing ClientRights
    ) throws(CommandError) {
        guard words.count >= dialect.leastWordCount else { throw dialect.tooFewWords }
        var words = words
        options = try DagOptions(parsing: &words, as: dialect, in: keys)
        var split = DagSplit(words)
        guard !split.endsOpen else { throw .dag(.unexpectedWord("\(DagSplit.separator)")) }
        guard options.hasKeys || dialect.isDeprecated else { throw .dag(.withoutKeys) }
        var operations: [DagOperation] = []
        operations.reserveCapacity(4)
        while let range = split.next() {
            operations.append(try DagOperation(parsing: words[range], as: dialect, in: keys, by: rights))
        }
        guard !operations.isEmpty else { throw .dag(.empty) }
        self.operations = operations
    }

    private var hasScripts: Bool {
        operations.contains { if case .call = $0 { true } else { false } }
    }

    /// Reads, wires and runs a DAG.
    static func run(
        _ words: ArgumentReader, as dialect: DagDialect, in context: borrowing RedisContext
    ) throws(CommandError) {
        let flags = context.flags
        try context.refuseTransaction(flags)
        let request = try DagRequest(parsing: words, as: dialect, in: context, by: context.rights(flags))
        let server = request.hasScripts ? ScriptAccess(context) : nil
        let wiring = try DagWiring(request, server: server)
        let keys = request.options.persist ?? ArgumentSlice(words: words, indices: 0..<0)
        let plan = PlanRequest(
            plan: wiring.plan, outputs: PlanOutputs(keys: keys, slots: .list(wiring.persisted), flags: flags),
            answer: .entries(wiring.entries), timeoutMilliseconds: request.options.timeoutMilliseconds,
            server: server)
        plan.run(in: context)
    }
}
