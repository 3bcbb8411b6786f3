import CRedisModule

/// The append-only file, as the server's settings say. Main thread.
public enum AppendOnlyFile {
    /// Whether one is written, and rewritten as commands rather than as an RDB file.
    public static var isRewrittenAsCommands: Bool {
        DetachedContext.with { context in
            guard context.flags.contains(.appendsToFile) else { return false }
            return setting("aof-use-rdb-preamble", in: context) == Array("no".utf8)
        } ?? false
    }

    private static func setting(_ name: StaticString, in context: borrowing RedisContext) -> [UInt8]? {
        var words = CommandWords()
        words.append("GET")
        words.append(name)
        guard
            case .list(let parts)? = try? ServerCall.call(
                Array("CONFIG".utf8), words, flags: "v", in: context),
            parts.count == 2, case .bytes(let value) = parts[1]
        else { return nil }
        return value
    }
}
