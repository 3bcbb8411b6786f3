import CRedisModule

/// Lines in the server's log; any thread.
public enum Log {
    public static func debug(_ text: String) { write("debug", text) }
    public static func verbose(_ text: String) { write("verbose", text) }
    public static func notice(_ text: String) { write("notice", text) }
    public static func warning(_ text: String) { write("warning", text) }

    private static func write(_ level: StaticString, _ text: String) {
        // Safety: the server copies the text before it returns.
        unsafe text.withCString { unsafe redis_log(nil, level.cString, $0) }
    }
}
