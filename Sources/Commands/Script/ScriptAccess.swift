import Execution
import Keyspace
import Redis

/// What scripts of one request may ask of the server: as the client that sent it, in its database.
public final class ScriptAccess: ScriptKeyspace {
    private let server: ServerAccess

    /// - Parameter context: of the client's command.
    init(_ context: borrowing RedisContext) { server = ServerAccess(context) }

    /// For who asks without a command.
    public init(_ server: ServerAccess) { self.server = server }

    /// Runs `body` within the command, so that its scripts need no lock of the server's.
    func lend<Result>(_ context: borrowing RedisContext, to body: () -> Result) -> Result {
        server.lend(context, to: body)
    }

    public func execute(
        _ command: [UInt8], _ arguments: [[UInt8]], if isWanted: () -> Bool
    ) throws(ScriptServerError) -> ScriptReply {
        try Self.refuseUnchecked()
        // They would run on this thread while it holds the server.
        guard !Self.isRun(command) else {
            throw ScriptServerError(CommandError.serverCall(.notAllowed).text)
        }
        let reply: ServerReply?
        do throws(ServerCallFailure) { reply = try server.call(command, arguments, if: isWanted) } catch {
            throw ScriptServerError(CommandError.serverCall(error).text)
        }
        guard let reply else { throw ScriptServerError(words(of: .runLost)) }
        return try Self.reply(reply)
    }

    public func model(at key: [UInt8]) throws(ScriptServerError) -> Model {
        try Self.refuseUnchecked()
        let found: Result<Model, CommandError>
        do throws(ServerCallFailure) {
            found = try server.read(key, for: "AI.MODELEXECUTE") { context, name in
                do throws(CommandError) { return .success(try ModelGet.model(at: name, in: context)) } catch {
                    return .failure(error)
                }
            }
        } catch {
            throw ScriptServerError(CommandError.serverCall(error).text)
        }
        do throws(CommandError) { return try found.get() } catch { throw ScriptServerError(error.text) }
    }

    public func words(of error: ExecutionError) -> String { CommandError.execution(error).text }

    /// A script may come from somebody else than the client that calls it, so it has no more rights than the
    /// client; where the server cannot check that, it has none, unless a setting lets it.
    private static func refuseUnchecked() throws(ScriptServerError) {
        guard !ServerAccess.checksRights, !ModuleState.current.settings.allowsUncheckedScripts else { return }
        throw ScriptServerError(CommandError.serverCall(.unchecked).text)
    }

    /// Whether this is a command of ours that runs models or scripts.
    static func isRun(_ command: [UInt8]) -> Bool {
        let name = String(decoding: command.map { $0 >= 0x61 && $0 <= 0x7A ? $0 - 0x20 : $0 }, as: UTF8.self)
        let beginnings = ["AI.MODELEXECUTE", "AI.MODELRUN", "AI.SCRIPTEXECUTE", "AI.SCRIPTRUN", "AI.DAG"]
        return beginnings.contains { name.hasPrefix($0) }
    }

    private static func reply(_ reply: ServerReply) throws(ScriptServerError) -> ScriptReply {
        switch reply {
        case .null: return .null
        case .integer(let number): return .integer(number)
        case .bytes(let bytes): return .bytes(bytes)
        // An error at any depth fails the call.
        case .error(let text): throw ScriptServerError(CommandError.serverCall(.answered(text)).text)
        case .list(let list):
            var replies: [ScriptReply] = []
            for element in list { replies.append(try Self.reply(element)) }
            return .list(replies)
        }
    }
}
