import Execution
import Messages
import Redis

/// `execute` and its awaitable form: commands in the name of whoever has registered the flow.
extension FlowService {
    func execute(_ call: FlowCall) throws(FlowError) {
        let reply = try Self.reply(to: call.argument(0), in: call.session)
        try answer(call.number) { $0.reply(reply) }
    }

    /// Several at once; each answers for itself, with whether it has failed.
    func executeMany(_ call: FlowCall) throws(FlowError) {
        goOn(with: ManyCommands(call, try call.list(0)))
    }

    /// Clients are looked at between parts of what takes long.
    private func goOn(with many: ManyCommands) {
        let end = Monotonic.nanoseconds + Self.partNanoseconds
        while let words = many.next() {
            many.replies.append(
                Result { () throws(FlowError) in try Self.reply(to: words, in: many.call.session) })
            guard Monotonic.nanoseconds < end else {
                return ServerTurn.next { self.goOn(with: many) }
            }
        }
        do throws(FlowError) { try answer(many.call.number) { many.write(to: &$0) } } catch {
            fail(many.call.number, error)
        }
    }

    private static var partNanoseconds: Int { 500_000 }

    /// - Parameter words: a list of bytes, the command's name first.
    private static func reply(
        to words: MessageValue, in session: FlowSession
    ) throws(FlowError) -> ServerReply {
        var all: [[UInt8]] = []
        for word in words.asList ?? [] {
            guard let bytes = word.asBytes else { throw .invalidCall }
            all.append(Array(bytes))
        }
        guard let command = all.first else { throw .invalidCall }
        return try session.call(command, Array(all.dropFirst()))
    }
}

extension FlowSession {
    /// Has the server execute a command in the name of the session's user.
    func call(_ command: [UInt8], _ arguments: [[UInt8]]) throws(FlowError) -> ServerReply {
        guard ServerAccess.checksRights || FlowService.current.settings.allowsUncheckedScripts else {
            throw .serverCall(.unchecked)
        }
        do throws(ServerCallFailure) {
            return try access.call(command, arguments) ?? .null
        } catch {
            throw .serverCall(error)
        }
    }
}

extension MessageWriter {
    /// A reply as flows get it: errors within lists are texts.
    mutating func reply(_ reply: ServerReply) {
        switch reply {
        case .null: none()
        case .integer(let number): integer(Int(number))
        case .bytes(let bytes): self.bytes(bytes)
        case .error(let text): bytes(text)
        case .list(let replies):
            list(replies.count)
            for element in replies { self.reply(element) }
        }
    }
}
