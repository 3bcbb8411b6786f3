import Messages
import Redis

/// Commands that a flow has sent together, on their way. Main thread.
final class ManyCommands {
    let call: FlowCall
    private let commands: [MessageValue]
    /// Of the first commands, one each.
    var replies: [Result<ServerReply, FlowError>] = []

    init(_ call: FlowCall, _ commands: [MessageValue]) {
        self.call = call
        self.commands = commands
        replies.reserveCapacity(commands.count)
    }

    /// The words of the one that has no reply yet; nil if all have.
    func next() -> MessageValue? { replies.count < commands.count ? commands[replies.count] : nil }

    /// For each, whether it has failed, and its reply or the error's text.
    func write(to writer: inout MessageWriter) {
        writer.list(replies.count)
        for reply in replies {
            writer.tuple(2)
            switch reply {
            case .success(let reply):
                writer.bool(false)
                writer.reply(reply)
            case .failure(let error):
                writer.bool(true)
                writer.bytes(error.text)
            }
        }
    }
}
