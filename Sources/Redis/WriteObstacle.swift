import CRedisModule

/// Why nothing may be written now, though the command that asked for it was accepted some time ago.
///
/// The server refuses or holds back commands itself; what follows later from one is left to the module.
public enum WriteObstacle: Sendable {
    /// By CLIENT PAUSE or a failover: a server that sends anything to replicas or the AOF then ends itself.
    case paused
    /// The server has become a replica, which must not differ from its master.
    case replica
}

extension RedisContext {
    /// What stands against writing outside of a command's own call; nil if nothing does.
    public var writeObstacle: WriteObstacle? {
        if redis_AvoidReplicaTraffic() != 0 { return .paused }
        return flags.contains(.readOnly) ? .replica : nil
    }
}
