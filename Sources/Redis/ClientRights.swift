import CRedisModule
import Glibc

/// What the user behind a command may do, as the server's ACL says; within the command, on its thread.
///
/// The server looks at the command and its keys before it calls us. This is for what a command does beyond
/// that, as the models of a DAG.
@safe
public struct ClientRights: ~Copyable {
    /// The server's context of the command; nil if nothing is ever asked.
    private let context: OpaquePointer?
    private let holder: Holder

    @safe
    private enum Holder {
        /// Everything is allowed: nobody stands behind the command, or the server cannot say (before 7.0).
        case anybody
        /// The server's, which lives; ours to free.
        case user(OpaquePointer)
        /// Nothing is allowed: a user whom the server does not find, as another module's, or a removed one.
        case stranger
    }

    /// Those of somebody who may do everything.
    public static var unlimited: ClientRights { ClientRights() }

    private init() {
        unsafe context = nil
        holder = .anybody
    }

    init(_ context: borrowing RedisContext, _ flags: ContextFlags) {
        unsafe self.context = context.pointer
        // Safety: the name is our own; the user is freed below.
        guard redis_has_ACLCheckCommandPermissions(), let name = unsafe context.userName(flags) else {
            holder = .anybody
            return
        }
        defer { unsafe redis_FreeString(nil, name) }
        if let user = unsafe redis_GetModuleUserFromUserName(name) {
            unsafe holder = .user(user)
        } else {
            holder = .stranger
        }
    }

    /// - Parameter name: of the user; nil for somebody who may do everything.
    init(_ context: borrowing RedisContext, ofUser name: [UInt8]?) {
        unsafe self.context = context.pointer
        guard let name, redis_has_ACLCheckCommandPermissions() else {
            holder = .anybody
            return
        }
        let string = unsafe CommandWords.string(name)
        defer { unsafe redis_FreeString(nil, string) }
        // Safety: the user is freed below.
        if let user = unsafe redis_GetModuleUserFromUserName(string) {
            unsafe holder = .user(user)
        } else {
            holder = .stranger
        }
    }

    deinit { if case .user(let user) = holder { _ = unsafe redis_FreeModuleUser(user) } }

    /// What holds for whom; `ask` is called if the server is to say it.
    private func allows(_ ask: (OpaquePointer) -> Bool) -> Bool {
        switch holder {
        case .anybody: true
        case .user(let user): unsafe ask(user)
        case .stranger: false
        }
    }

    /// Whether the user may run the command that begins with these words, and touch the keys among them.
    ///
    /// What is refused is noted in `ACL LOG`.
    public func includesCommand(_ words: ArgumentReader) -> Bool {
        unsafe allows { user in
            // Safety: the words live as long as the command; the server only reads them.
            let isAllowed = unsafe words.withVector { vector, count in
                unsafe redis_ACLCheckCommandPermissions(user, vector, Int32(count)) == REDIS_OK
            }
            if !isAllowed, let context = unsafe context {
                _ = unsafe redis_ACLAddLogEntry(context, user, words[0].string, Int32(REDIS_REFUSED_COMMAND))
            }
            return isAllowed
        }
    }

    /// The same, for who has the server refuse the command, which notes that itself.
    public func allows(_ words: ArgumentReader) -> Bool {
        unsafe allows { user in
            unsafe words.withVector { vector, count in
                unsafe redis_ACLCheckCommandPermissions(user, vector, Int32(count)) == REDIS_OK
            }
        }
    }

    /// Whether the user may run a command on a key.
    public func includesCommand(_ name: StaticString, on key: Argument) -> Bool {
        unsafe allows { user in unsafe Self.allows(user, name, on: key) }
    }

    /// Whether a key is within the user's patterns, be it for reading or for writing.
    public func includesKey(_ key: [UInt8]) -> Bool {
        unsafe allows { user in
            let name = unsafe CommandWords.string(key)
            defer { unsafe redis_FreeString(nil, name) }
            return [REDIS_KEY_ACCESS, REDIS_KEY_UPDATE].contains { access in
                unsafe redis_ACLCheckKeyPermissions(user, name, Int32(access)) == REDIS_OK
            }
        }
    }

    /// - Parameter user: the server's, which lives.
    static func allows(_ user: OpaquePointer, _ name: StaticString, on key: Argument) -> Bool {
        var words = CommandWords()
        words.append(name)
        words.append(key)
        var isAllowed = false
        unsafe words.withVector { vector, count in
            isAllowed = unsafe redis_ACLCheckCommandPermissions(user, vector, Int32(count)) == REDIS_OK
        }
        return isAllowed
    }
}

extension RedisContext {
    /// What the client's user may do.
    public var rights: ClientRights { rights(flags) }

    /// The same, for who has asked for the flags already, which takes time.
    public func rights(_ flags: ContextFlags) -> ClientRights { ClientRights(self, flags) }

    /// The name of the user that the client has logged in as, to be freed; nil if nobody has.
    ///
    /// Commands of the master, of the AOF and of other modules have no user, and servers before 8 end if the
    /// context is asked for its name then. A client is known by its number; what has none that is known, a
    /// script or a call of another module, is asked only if the server says that there is a user.
    func userName(_ flags: ContextFlags) -> OpaquePointer? {
        guard flags.isDisjoint(with: [.replicated, .loading]) else { return nil }
        let client = unsafe redis_GetClientId(pointer)
        // Safety: the caller frees the name.
        if let name = unsafe redis_GetClientUserNameById(pointer, client) { return unsafe name }
        return unsafe hasUser ? redis_GetCurrentUserName(pointer) : nil
    }

    /// Whether a user stands behind a call whose client has no number that is known.
    ///
    /// A call in a user's name is refused for want of one before the server looks at its words, of which one
    /// is missing, so nothing is executed either way.
    private var hasUser: Bool {
        var reason: Int32 = 0
        let words = CommandWords()
        unsafe words.withVector { vector, count in
            let reply = unsafe redis_call(pointer, "ECHO", "Cv", vector, count, &reason)
            if let reply = unsafe reply { unsafe redis_FreeCallReply(reply) }
        }
        return reason != ENOTSUP
    }
}

extension RedisContext {
    /// The name of the user behind the command, for who acts in that name later; nil if nobody is.
    public var clientUser: [UInt8]? {
        guard ServerAccess.checksRights, let name = unsafe userName(flags) else { return nil }
        defer { unsafe redis_FreeString(nil, name) }
        return unsafe Argument(name).bytes
    }
}
