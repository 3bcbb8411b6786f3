import CRedisModule

/// Who is told what commands change: replicas and the AOF.
///
/// Many a cache has neither, and to write out for nobody what a run has made takes a twentieth of a short
/// request. The module API does not say whether there is somebody, so the server's own report is read, and
/// read again once something has happened that may have changed it. Main thread only.
public enum Audience {
    /// Whether the last report told of replicas, or of a backlog from which one could go on; nil = unknown.
    // Safety: main thread only.
    nonisolated(unsafe) private static var hasReplicas: Bool?

    /// Notices what may bring a replica; in OnLoad only.
    ///
    /// Every replica that begins, begins with what a forked child has written. A server that was a replica
    /// may have a backlog from that time.
    /// - Returns: false if the server refuses.
    public static func install(_ context: borrowing RedisContext) -> Bool {
        let kinds: [ServerEvents.Kind] = [.forkChild, .roleChanged, .replicaChanged]
        return kinds.allSatisfy { kind in
            ServerEvents.install(kind, context) { _ in unsafe Audience.hasReplicas = nil }
        }
    }

    fileprivate static func includesReplicas(_ context: borrowing RedisContext) -> Bool {
        if let known = unsafe hasReplicas { return known }
        let found = findsReplicas(context)
        unsafe hasReplicas = found
        return found
    }

    private static func findsReplicas(_ context: borrowing RedisContext) -> Bool {
        guard let report = unsafe redis_GetServerInfo(context.pointer, "replication") else { return true }
        defer { unsafe redis_FreeServerInfo(context.pointer, report) }
        return ["connected_slaves", "repl_backlog_active"].contains { field in
            var failure: Int32 = 0
            let number = unsafe redis_ServerInfoGetFieldSigned(report, field, &failure)
            return failure != 0 || number != 0
        }
    }
}

extension RedisContext {
    /// Whether anybody may be told what the command that runs changes.
    ///
    /// False only on a server that writes no AOF and that no replica follows or could go on following.
    /// There, `replicateVerbatim` does all that `replicate` would within a command: it counts the change.
    /// Behind it, any short command that is replicated does.
    ///
    /// - Parameter flags: the context's.
    public func hasAudience(_ flags: ContextFlags) -> Bool {
        // In a cluster, slots also move to servers that are no replicas; a transaction or a script may turn
        // the AOF on behind this command.
        let mayHaveOne: ContextFlags = [
            .appendsToFile, .replica, .cluster, .loading, .transaction, .script,
        ]
        guard flags.isDisjoint(with: mayHaveOne) else { return true }
        return Audience.includesReplicas(self)
    }
}
