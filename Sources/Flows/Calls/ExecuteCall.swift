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

    /// The flow has got the first replies of several, and asks for more by the number that came with them.
    func executeRest(_ call: FlowCall) throws(FlowError) {
        let (connection, number) = (try asked(), try call.integer(0))
        let many = try connection.held.commands(number)
        connection.held.release(number)
        many.call = call
        goOn(with: many)
    }

    /// Clients are looked at between parts of what takes long.
    private func goOn(with many: ManyCommands) {
        let end = Monotonic.nanoseconds + Self.partNanoseconds
        while let words = many.next() {
            many.add(Result { () throws(FlowError) in try Self.reply(to: words, in: many.call.session) })
            guard Monotonic.nanoseconds < end else {
                return ServerTurn.next { self.goOn(with: many) }
            }
        }
        answer(many)
    }

    /// Sends the replies that there are; one that does not fit behind those before it waits.
    private func answer(_ many: ManyCommands) {
        let count = many.replies.count
        do throws(FlowError) {
            do throws(FlowError) { try answer(many, count: count) } catch {
                guard case .answerTooLong = error else { throw error }
                if count == 1 { many.replaceLast(by: error) }
                try answer(many, count: max(1, count - 1))
            }
        } catch {
            fail(many.call.number, error)
        }
    }

    /// Sends the first replies, with a number if that is not all; Python holds the rest from then on.
    private func answer(_ many: ManyCommands, count: Int) throws(FlowError) {
        let number = many.call.number
        if many.ends(with: count) { return try answer(number) { many.write(first: count, to: &$0) } }
        let connection = try asked()
        try connection.held.checkRoom(for: 1)
        let rest = nextNumber()
        try answer(number) { writer in
            writer.tuple(2)
            many.write(first: count, to: &writer)
            writer.integer(rest)
        }
        many.removeFirst(count)
        connection.held.hold(.commands(many), as: rest)
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
