import Redis

/// The commands by which replicas and the append-only file learn of sessions. They are there without flows,
/// too, so that a file can be read.
public enum SessionCommandTable {
    /// `ai._flowsession record [replaced-id]`
    static let put: StaticString = "ai._flowsession"
    /// `ai._flowend id`
    static let drop: StaticString = "ai._flowend"

    /// In OnLoad only.
    /// - Returns: false if the server refuses.
    static func register(in context: borrowing RedisContext) -> Bool {
        // Safety: the server passes a context and `count` words that live as long as the call.
        let results = unsafe [
            context.register(KeepSession.description) { unsafe CommandDispatch<KeepSession>.run($0, $1, $2) },
            context.register(EndSession.description) { unsafe CommandDispatch<EndSession>.run($0, $1, $2) },
        ]
        return results.allSatisfy { $0 }
    }

    // Safety: main thread only.
    nonisolated(unsafe) private(set) static var isPropagating = false

    /// Sends a command to replicas and the append-only file, in database 0.
    static func propagate(_ command: StaticString, _ arguments: [[UInt8]]) {
        unsafe isPropagating = true
        defer { unsafe isPropagating = false }
        DetachedContext.execute(command, arguments)
    }
}
