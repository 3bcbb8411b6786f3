/// The slots of this server in its cluster. Main thread.
public enum ClusterSlots {
    /// The lowest; nil if it has none, or is in no cluster.
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
        for case .list(let range) in ranges where range.count > 2 {
            guard case .integer(let first) = range[0], case .list(let master) = range[2], master.count > 2,
                case .bytes(let id) = master[2], id == name
            else { continue }
            found = min(found ?? Int(first), Int(first))
        }
        return found
    }
}
