import CRedisModule
import Glibc

/// The slots of this server's shard in its cluster. Main thread.
public enum ClusterSlots {
    /// The lowest that the shard has now; nil if it has none, or there is no cluster.
    public static var lowest: Int? { DetachedContext.with { lowest(in: $0) } ?? nil }

    private static func lowest(in context: borrowing RedisContext) -> Int? {
        guard let name = context.clusterNodeID else { return nil }
        var words = CommandWords()
        words.append("SLOTS")
        guard
            case .list(let ranges)? = try? ServerCall.call(
                Array("CLUSTER".utf8), words, flags: "v", in: context)
        else { return nil }
        var found: Int?
        // First and last slot, then the master and its replicas.
        for case .list(let range) in ranges where range.dropFirst(2).contains(where: { has($0, name) }) {
            guard case .integer(let first) = range[0] else { continue }
            found = min(found ?? Int(first), Int(first))
        }
        return found
    }

    /// Whether an entry of the reply is the server with that name.
    private static func has(_ entry: ServerReply, _ name: [UInt8]) -> Bool {
        guard case .list(let node) = entry, node.count > 2, case .bytes(let id) = node[2] else {
            return false
        }
        return id == name
    }

    /// Whether clients would be sent to another shard for a key. A replica has what its master has.
    ///
    /// The server is asked by a command that reads the key and tells nobody, which it refuses for such keys.
    static func isElsewhere(_ key: Argument, in context: borrowing RedisContext) -> Bool {
        guard context.flags.contains(.cluster), !context.flags.contains(.replica) else { return false }
        var words = CommandWords()
        words.append("REFCOUNT")
        words.append(bytes: key.bytes)
        var reason: Int32 = 0
        var reply: OpaquePointer?
        unsafe words.withVector { vector, count in
            unsafe reply = redis_call(
                context.pointer, ("OBJECT" as StaticString).cString, "v", vector, count, &reason)
        }
        // Safety: our own.
        guard let reply = unsafe reply else { return reason == EPERM }
        unsafe redis_FreeCallReply(reply)
        return false
    }
}
