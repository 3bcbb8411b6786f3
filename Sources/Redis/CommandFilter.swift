import CRedisModule

/// Sees each command before the server does, and may put a command of ours before it. Main thread.
///
/// Calls of this module, and commands of the AOF, do not come here.
public enum CommandFilter {
    /// Asked for each command: the name of ours that is to run instead, with the words of the other behind
    /// a mark; nil = it stays.
    public typealias Handler = (borrowing FilteredCommand) -> SharedWord?

    // Safety: main thread only.
    nonisolated(unsafe) private static var handler: Handler?
    nonisolated(unsafe) private static var filter: OpaquePointer?
    /// Known by its address: what clients send never has it.
    fileprivate static let mark = SharedWord("-")

    /// Has `handler` asked from now on.
    /// - Returns: false if the server refuses.
    public static func install(_ handler: @escaping Handler) -> Bool {
        unsafe self.handler = handler
        guard unsafe filter == nil else { return true }
        _ = DetachedContext.with { context in
            unsafe filter = redis_RegisterCommandFilter(
                context.pointer, { unsafe CommandFilter.look(at: FilteredCommand($0)) },
                Int32(REDIS_FILTER_NOT_OWN))
        }
        return unsafe filter != nil
    }

    /// Commands cost nothing more.
    public static func remove() {
        guard let filter = unsafe filter else { return }
        _ = DetachedContext.with { context in
            unsafe redis_UnregisterCommandFilter(context.pointer, filter)
        }
        unsafe self.filter = nil
        unsafe handler = nil
    }

    private static func look(at command: borrowing FilteredCommand) {
        guard let handler = unsafe handler, let name = handler(command) else { return }
        command.insert(name, at: 0)
        command.insert(mark, at: 1)
    }

    /// Whether a word is the mark that `look` has put there.
    public static func isMark(_ word: Argument) -> Bool { unsafe word.string == mark.string }
}

/// A command that nobody has looked at yet.
@safe
public struct FilteredCommand: ~Copyable {
    private let pointer: OpaquePointer

    fileprivate init(_ pointer: OpaquePointer) { unsafe self.pointer = pointer }

    /// All words, the name included.
    public var count: Int { Int(unsafe redis_CommandFilterArgsCount(pointer)) }

    /// - Precondition: `index` is in `0..<count`.
    public subscript(index: Int) -> Argument {
        guard let word = unsafe redis_CommandFilterArgGet(pointer, Int32(index)) else {
            preconditionFailure("an argument beyond the command's end")
        }
        return unsafe Argument(word)
    }

    fileprivate func insert(_ word: SharedWord, at index: Int) {
        // Safety: the server lets go of the hold with the command.
        _ = unsafe redis_CommandFilterArgInsert(pointer, Int32(index), redis_HoldString(nil, word.string))
    }

    /// How a command of ours gets the place of this one.
    public enum Admission {
        /// Not at all: the user may not run this one, as the server says itself, or the server would break.
        case refused
        /// The server lets the user run ours.
        case checked
        /// The server would not, but somebody has logged in who may run this one.
        case vouched
    }

    /// - Parameter name: of ours.
    public func admission(of name: SharedWord) -> Admission {
        // Servers before 7.2 do not tell who sends it.
        guard redis_has_CommandFilterGetClientId() else { return .checked }
        let id = unsafe redis_CommandFilterGetClientId(pointer)
        let found: Admission? = DetachedContext.with { context in
            // A script, or another module: whoever has started it was let in.
            guard let userName = unsafe redis_GetClientUserNameById(context.pointer, id) else {
                // There the caller goes on with, and frees, the words that it had before (Valkey 9).
                return RedisContext.serverVersion.0 >= 9 ? .refused : .vouched
            }
            defer { unsafe redis_FreeString(nil, userName) }
            guard let user = unsafe redis_GetModuleUserFromUserName(userName) else { return .checked }
            defer { _ = unsafe redis_FreeModuleUser(user) }
            var words = unsafe (0..<count).map { unsafe self[$0].string }
            guard unsafe redis_ACLCheckCommandPermissions(user, &words, Int32(count)) == REDIS_OK else {
                return .refused
            }
            unsafe words.insert(CommandFilter.mark.string, at: 0)
            unsafe words.insert(name.string, at: 0)
            if unsafe redis_ACLCheckCommandPermissions(user, &words, Int32(words.count)) == REDIS_OK {
                return .checked
            }
            // Clients that have not logged in have this user, too.
            guard unsafe Argument(userName).bytes == Array("default".utf8) else { return .vouched }
            return unsafe Self.needsNoLogin(user) ? .vouched : .checked
        }
        return found ?? .checked
    }

    private static func needsNoLogin(_ user: OpaquePointer) -> Bool {
        guard redis_has_GetModuleUserACLString(), let text = unsafe redis_GetModuleUserACLString(user) else {
            return false
        }
        defer { unsafe redis_FreeString(nil, text) }
        let words = unsafe Argument(text).bytes.split(separator: UInt8(ascii: " ")).map { Array($0) }
        return words.contains(Array("on".utf8)) && words.contains(Array("nopass".utf8))
    }
}
