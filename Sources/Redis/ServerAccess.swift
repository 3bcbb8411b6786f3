import CRedisModule

/// The server as a client sees it, for what runs in its name on any thread: its database and its rights.
///
/// Each call takes the server's lock for itself alone, unless its thread has it. Nobody holds another lock of
/// ours meanwhile, and the server's thread, which holds this one while it works, never waits for who wants
/// it. So a call waits, but for nothing that waits for it. During a command that lends its context no lock is
/// taken.
@safe
public final class ServerAccess: @unchecked Sendable {
    private let database: Int32
    /// Nil if nothing is to be checked: the server cannot (before 7.0.6), or no user stands behind the call.
    private let user: [UInt8]?
    /// That of the command during which we run. Written on the server's thread, while nobody else has this.
    private var lent: OpaquePointer?

    // Safety: made once, on the main thread, before the first access; used under the server's lock only.
    nonisolated(unsafe) private static var background: OpaquePointer?

    /// - Parameter context: of the client's command.
    public init(_ context: borrowing RedisContext) {
        database = context.database
        user = context.clientUser
        if unsafe Self.background == nil {
            unsafe Self.background = redis_GetDetachedThreadSafeContext(context.pointer)
        }
    }

    /// For who remembers a client that may be gone. Main thread.
    ///
    /// - Parameters:
    ///   - context: of whatever runs.
    ///   - user: the client's; nil if nobody stood behind it.
    public init(_ context: borrowing RedisContext, database: Int32, user: [UInt8]?) {
        self.database = database
        self.user = Self.checksRights ? user : nil
        if unsafe Self.background == nil {
            unsafe Self.background = redis_GetDetachedThreadSafeContext(context.pointer)
        }
    }

    /// Whether the server can say what a user may do, and act as one: from 7.0.6 on.
    public static var checksRights: Bool {
        redis_has_SetContextUser() && redis_has_ACLCheckCommandPermissions()
    }

    /// Runs `body` within a command, whose context serves all calls meanwhile.
    public func lend<Result>(_ context: borrowing RedisContext, to body: () -> Result) -> Result {
        unsafe lent = context.pointer
        defer { unsafe lent = nil }
        return body()
    }

    /// Has the server execute a command, which counts and replicates like a client's.
    ///
    /// - Parameter isWanted: asked under the server's lock, for which the wait may have been long.
    /// - Returns: nil if it is not wanted any more; nothing is done then.
    /// - Throws: why it was refused, or failed.
    public func call(
        _ command: [UInt8], _ arguments: [[UInt8]], if isWanted: () -> Bool = { true }
    ) throws(ServerCallFailure) -> ServerReply? {
        try withContext { context throws(ServerCallFailure) in
            guard isWanted() else { return nil }
            return try ServerCall(command, arguments, asUser: user != nil).run(in: context)
        }
    }

    /// Shows a key to `body`, in the client's database.
    ///
    /// - Parameter command: what a client would send to have done with the key what `body` does.
    /// - Throws: `.noPermission` if the client's user may not run that command on that key; `.elsewhere` if
    ///   the key belongs to another shard.
    public func read<Result>(
        _ key: [UInt8], for command: StaticString, _ body: (borrowing RedisContext, Argument) -> Result
    ) throws(ServerCallFailure) -> Result {
        try withContext { context throws(ServerCallFailure) in
            let name = unsafe CommandWords.string(key)
            defer { unsafe redis_FreeString(nil, name) }
            let argument = unsafe Argument(name)
            guard mayRun(command, on: argument) else { throw .noPermission(command) }
            guard !ClusterSlots.isElsewhere(argument, in: context) else { throw .elsewhere }
            return body(context, argument)
        }
    }

    /// Shows keys to `body`, which may write to them, in the client's database.
    ///
    /// - Parameter command: what a client would send to have done with each key what `body` does.
    /// - Throws: `.noPermission` if the client's user may not run that command on one of the keys;
    ///   `.elsewhere` if one belongs to another shard; `.obstacle` if nothing may be written now.
    public func write<Result>(
        _ keys: [[UInt8]], for command: StaticString,
        _ body: (borrowing RedisContext, [Argument]) -> Result
    ) throws(ServerCallFailure) -> Result {
        try withContext { context throws(ServerCallFailure) in
            var strings = unsafe [OpaquePointer]()
            defer { unsafe strings.forEach { unsafe redis_FreeString(nil, $0) } }
            for key in keys { unsafe strings.append(CommandWords.string(key)) }
            // Safety: the strings live until `body` has returned.
            let names = unsafe strings.map { unsafe Argument($0) }
            guard names.allSatisfy({ mayRun(command, on: $0) }) else { throw .noPermission(command) }
            guard !names.contains(where: { ClusterSlots.isElsewhere($0, in: context) }) else {
                throw .elsewhere
            }
            if let obstacle = context.writeObstacle { throw .obstacle(obstacle) }
            return body(context, names)
        }
    }

    /// Calls `body` in the client's database with what its user may do.
    public func withRights<Result>(
        _ body: (borrowing RedisContext, borrowing ClientRights) -> Result
    ) throws(ServerCallFailure) -> Result {
        try withContext { context throws(ServerCallFailure) in
            let rights = ClientRights(context, ofUser: user)
            return body(context, rights)
        }
    }

    /// Whether calls are made in a user's name.
    var hasUser: Bool { user != nil }

    func withContext<Result>(
        _ body: (borrowing RedisContext) throws(ServerCallFailure) -> Result
    ) throws(ServerCallFailure) -> Result {
        // Safety: the command that lent it has not returned.
        if let lent = unsafe lent { return try unsafe body(RedisContext(lent)) }
        return try ServerLock.with { () throws(ServerCallFailure) in
            guard let context = unsafe Self.background else { throw .unexpected }
            // What is kept may come from a server with more databases. The context would stay in another one.
            guard unsafe redis_SelectDb(context, database) == REDIS_OK else {
                throw .databaseMissing(database)
            }
            guard let user else { return try unsafe body(RedisContext(context)) }
            return try unsafe ServerUser.with(user) { user throws(ServerCallFailure) in
                unsafe redis_SetContextUser(context, user)
                defer { unsafe redis_SetContextUser(context, nil) }
                return try unsafe body(RedisContext(context))
            }
        }
    }

    private func mayRun(_ command: StaticString, on key: Argument) -> Bool {
        guard let user else { return true }
        let isAllowed = try? unsafe ServerUser.with(user) { user throws(ServerCallFailure) in
            unsafe ClientRights.allows(user, command, on: key)
        }
        return isAllowed ?? false
    }
}

/// A user of the server, looked up by name for one call, since an administrator may change or remove it.
private enum ServerUser {
    /// - Throws: `.userMissing`.
    static func with<Result>(
        _ name: [UInt8], _ body: (OpaquePointer) throws(ServerCallFailure) -> Result
    ) throws(ServerCallFailure) -> Result {
        let string = unsafe CommandWords.string(name)
        defer { unsafe redis_FreeString(nil, string) }
        guard let user = unsafe redis_GetModuleUserFromUserName(string) else { throw .userMissing }
        defer { _ = unsafe redis_FreeModuleUser(user) }
        return try unsafe body(user)
    }
}
