import CRedisModule
import Glibc

/// What a command of the server has answered, in the older protocol.
public enum ServerReply: Sendable {
    case null
    case integer(Int64)
    /// Of a status or a bulk string.
    case bytes([UInt8])
    /// Within a list; one that is the whole answer is a `ServerCallFailure`.
    case error(String)
    case list([ServerReply])
}

/// Why a command of the server was not executed, or failed.
public enum ServerCallFailure: Error {
    /// The error that it answered.
    case answered(String)
    /// What the system calls the server's reason, where that is all it says.
    case refused(String)
    /// Not for scripts, or one that waits.
    case notAllowed
    /// Nothing may be written now.
    case obstacle(WriteObstacle)
    /// To run this command on that key.
    case noPermission(StaticString)
    /// A key belongs to another shard of the cluster.
    case elsewhere
    /// The server cannot say what the client's user may do.
    case unchecked
    /// The client's user has been removed.
    case userMissing
    /// The server has fewer databases than the one that the client's was in.
    case databaseMissing(Int32)
    case unexpected
}

/// One command that is executed in somebody's name. Under the server's lock.
struct ServerCall {
    private let command: [UInt8]
    private let arguments: [[UInt8]]
    private let isAsUser: Bool

    /// How often the server may hold the arguments at once: as words, in a key, and for its replicas or AOF.
    /// It ends where it has no memory for one of them.
    private static let copyCount = 3

    init(_ command: [UInt8], _ arguments: [[UInt8]], asUser: Bool) {
        self.command = command
        self.arguments = arguments
        isAsUser = asUser
    }

    func run(in context: borrowing RedisContext) throws(ServerCallFailure) -> ServerReply {
        // The server takes the name as a C string.
        guard !command.contains(0) else { throw Self.refusal(ENOENT) }
        try check(ServerCommandFlags.of(command, in: context), in: context)
        let byteCount = arguments.reduce(0) { $0 + $1.count }
        guard ServerMemory.hasRoom(for: Self.copyCount * byteCount) else { throw Self.refusal(ENOMEM) }
        var words = CommandWords()
        for argument in arguments { words.append(bytes: argument) }
        return try Self.call(command, words, flags: flags, in: context)
    }

    /// What the server would not ask itself, since it believes modules.
    private func check(
        _ flags: ServerCommandFlags?, in context: borrowing RedisContext
    ) throws(ServerCallFailure) {
        // What is unknown is refused by the server.
        guard let flags else { return }
        guard !flags.contains(.noScript), !waits(flags) else { throw .notAllowed }
        guard !flags.contains(.readOnly) || flags.contains(.mayReplicate) else { return }
        guard let obstacle = context.writeObstacle else { return }
        // During a pause anything that might reach a replica ends the server.
        if case .replica = obstacle, !flags.contains(.write) { return }
        throw .obstacle(obstacle)
    }

    /// Reads of streams wait only if told to; the others are there for waiting.
    private func waits(_ flags: ServerCommandFlags) -> Bool {
        guard flags.contains(.waitsIfTold) else { return flags.contains(.blocking) }
        return arguments.contains { $0.uppercased == Array("BLOCK".utf8) }
    }

    /// Replicate; from 7.0 on also: as the client's user, no commands that are not for scripts, respect the
    /// memory's limit, and answer refusals in words.
    private var flags: StaticString {
        guard RedisContext.serverVersion.0 >= 7 else { return "!v" }
        return isAsUser ? "!CSMEv" : "!SMEv"
    }

    /// - Parameter flags: those of the server's call.
    static func call(
        _ command: [UInt8], _ words: borrowing CommandWords, flags: StaticString,
        in context: borrowing RedisContext
    ) throws(ServerCallFailure) -> ServerReply {
        var reason: Int32 = 0
        var reply: OpaquePointer?
        let name = command + [0]
        // Safety: name and words live as long as the call, which copies what it keeps.
        unsafe name.withUnsafeBytes { raw in
            guard let name = unsafe raw.baseAddress?.assumingMemoryBound(to: CChar.self) else { return }
            unsafe words.withVector { vector, count in
                unsafe reply = redis_call(context.pointer, name, flags.cString, vector, count, &reason)
            }
        }
        guard let reply = unsafe reply else { throw refusal(reason) }
        // Safety: our own, freed once everything is copied.
        defer { unsafe redis_FreeCallReply(reply) }
        do throws(ServerCallFailure) { return try unsafe value(of: reply) } catch {
            guard case .answered(let text) = error else { throw error }
            // Servers before 7.0 give no words for these, so the system's have become those of scripts.
            if reason == EINVAL, text.hasPrefix(StaticWords.arity) { throw refusal(reason) }
            if reason == ENOENT, text.hasPrefix(StaticWords.unknown) { throw refusal(reason) }
            throw error
        }
    }

    /// How the server's own refusals begin.
    private enum StaticWords {
        static let arity = "ERR wrong number of arguments for"
        static let unknown = "ERR unknown "
    }

    static func refusal(_ reason: Int32) -> ServerCallFailure {
        // Safety: the text of a known number is static.
        unsafe .refused(String(cString: strerror(reason)))
    }

    private static func value(of reply: OpaquePointer) throws(ServerCallFailure) -> ServerReply {
        switch unsafe Int(redis_CallReplyType(reply)) {
        case REDIS_REPLY_NULL: return .null
        case REDIS_REPLY_INTEGER: return unsafe .integer(Int64(redis_CallReplyInteger(reply)))
        case REDIS_REPLY_STRING: return try unsafe .bytes(bytes(of: reply))
        case REDIS_REPLY_ERROR:
            let text = try unsafe bytes(of: reply)
            throw .answered(String(decoding: text, as: UTF8.self))
        case REDIS_REPLY_ARRAY:
            var list: [ServerReply] = []
            for index in 0..<(unsafe redis_CallReplyLength(reply)) {
                guard let element = unsafe redis_CallReplyArrayElement(reply, index) else {
                    throw .unexpected
                }
                do throws(ServerCallFailure) { list.append(try unsafe value(of: element)) } catch {
                    guard case .answered(let text) = error else { throw error }
                    list.append(.error(text))
                }
            }
            return .list(list)
        default: throw .unexpected
        }
    }

    private static func bytes(of reply: OpaquePointer) throws(ServerCallFailure) -> [UInt8] {
        var length = 0
        // Safety: the bytes belong to the reply, which lives; they are copied.
        guard let start = unsafe redis_CallReplyStringPtr(reply, &length) else { return [] }
        guard ServerMemory.hasRoom(for: length) else { throw refusal(ENOMEM) }
        return unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: length))
    }
}

extension [UInt8] {
    /// ASCII letters in upper case.
    var uppercased: [UInt8] { map { $0 >= 0x61 && $0 <= 0x7A ? $0 - 0x20 : $0 } }
}
