import CRedisModule
import Glibc

/// What a command has answered, in the words of its client's protocol, until that gets it. Main thread.
@safe
public final class KeptReply {
    private let reply: OpaquePointer

    /// - Parameter reply: ours to free, of a context that stays.
    init(_ reply: OpaquePointer) { unsafe self.reply = reply }

    deinit { unsafe redis_FreeCallReply(reply) }

    /// Sends it.
    public func send(in context: borrowing RedisContext) {
        _ = unsafe redis_ReplyWithCallReply(context.pointer, reply)
    }
}

extension RedisContext {
    /// Has the server execute a command that it has taken from this client, and answers what it answers.
    /// - Parameter words: the command's name first.
    public func relay(_ words: ArgumentReader) {
        let flags: StaticString
        if RedisContext.serverVersion.0 < 7 {
            flags = "!v"
        } else {
            flags = clientUser == nil ? "!E0v" : "!CE0v"
        }
        var reason: Int32 = 0
        guard let reply = unsafe Self.call(pointer, words, flags: flags, reason: &reason) else {
            return self.reply(error: "ERR the command failed: \(unsafe String(cString: strerror(reason)))")
        }
        defer { unsafe redis_FreeCallReply(reply) }
        if let text = unsafe Self.clientsWords(for: reply, words[0]) { return self.reply(error: text) }
        _ = unsafe redis_ReplyWithCallReply(pointer, reply)
    }

    /// Servers before 7.2 refuse modules what a user may not do in other words than clients; nil = as it is.
    private static func clientsWords(for reply: OpaquePointer, _ name: Argument) -> String? {
        guard unsafe Int(redis_CallReplyType(reply)) == REDIS_REPLY_ERROR else { return nil }
        var length = 0
        guard let start = unsafe redis_CallReplyStringPtr(reply, &length) else { return nil }
        let text = unsafe String(
            decoding: UnsafeRawBufferPointer(start: start, count: length), as: UTF8.self)
        guard text.hasPrefix("ERR acl verification failed") else { return nil }
        if text.contains("run this command") {
            let name = String(
                decoding: name.bytes.map { $0 >= 0x41 && $0 <= 0x5A ? $0 + 0x20 : $0 }, as: UTF8.self)
            return "NOPERM this user has no permissions to run the '\(name)' command"
        }
        let noun = text.contains("channel") ? "channels" : "keys"
        return "NOPERM this user has no permissions to access one of the \(noun) used as arguments"
    }

    fileprivate static func call(
        _ context: OpaquePointer, _ words: ArgumentReader, flags: StaticString, reason: inout Int32
    ) -> OpaquePointer? {
        let name = words[0].bytes + [0]
        // Safety: name and words live as long as the call, which copies what it keeps.
        return unsafe name.withUnsafeBytes { raw in
            guard let name = unsafe raw.baseAddress?.assumingMemoryBound(to: CChar.self) else { return nil }
            return unsafe words.withVector { vector, count in
                unsafe redis_call(context, name, flags.cString, vector + 1, count - 1, &reason)
            }
        }
    }

    /// Tells the server which words are keys of a command behind `offset` other words.
    public func reportKeys(of words: ArgumentReader, after offset: Int) {
        guard words.count > 0 else { return }
        var count: Int32 = 0
        var flags: UnsafeMutablePointer<Int32>?
        let positions = unsafe words.withVector { vector, length in
            unsafe redis_has_GetCommandKeysWithFlags()
                ? redis_GetCommandKeysWithFlags(pointer, vector, Int32(length), &count, &flags)
                : redis_GetCommandKeys(pointer, vector, Int32(length), &count)
        }
        guard let positions = unsafe positions else { return }
        for index in 0..<Int(count) {
            let position = unsafe positions[index] + Int32(offset)
            if let flags = unsafe flags, redis_has_KeyAtPosWithFlags() {
                unsafe redis_KeyAtPosWithFlags(pointer, position, flags[index])
            } else {
                unsafe redis_KeyAtPos(pointer, position)
            }
        }
        unsafe redis_Free(positions)
        if let flags = unsafe flags { unsafe redis_Free(flags) }
    }
}

extension ServerAccess {
    /// Has the server execute a client's command, and keeps what it answers.
    /// - Parameters:
    ///   - words: the command's name first.
    ///   - isRESP3: which protocol the client speaks.
    public func relay(_ words: ArgumentReader, isRESP3: Bool) throws(ServerCallFailure) -> KeptReply {
        try withContext { context throws(ServerCallFailure) in
            var flags: StaticString = "!v"
            if RedisContext.serverVersion.0 >= 7 {
                flags = hasUser ? (isRESP3 ? "!CE3v" : "!CEv") : (isRESP3 ? "!E3v" : "!Ev")
            }
            var reason: Int32 = 0
            guard
                let reply = unsafe RedisContext.call(context.pointer, words, flags: flags, reason: &reason)
            else { throw ServerCall.refusal(reason) }
            // Safety: that context stays for ever.
            return unsafe KeptReply(reply)
        }
    }
}
