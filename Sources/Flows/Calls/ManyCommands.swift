import Messages
import Redis

/// Commands that a flow has sent together, on their way. Main thread.
final class ManyCommands {
    /// Which of the flow's questions is answered next.
    var call: FlowCall
    private let commands: [MessageValue]
    /// How many have a reply.
    private var doneCount = 0
    /// Those that the flow has not got yet.
    private(set) var replies: [Result<ServerReply, FlowError>] = []
    /// About how many bytes `replies` take in a message.
    private var byteCount = 0

    /// From so many bytes on replies are sent, before other commands have one.
    private static let bytesOfAnswer = 4 << 20

    init(_ call: FlowCall, _ commands: [MessageValue]) {
        self.call = call
        self.commands = commands
    }

    /// The words of the one whose turn it is; nil if what has been done is to be sent first.
    func next() -> MessageValue? {
        byteCount < Self.bytesOfAnswer && doneCount < commands.count ? commands[doneCount] : nil
    }

    func add(_ reply: Result<ServerReply, FlowError>) {
        doneCount += 1
        replies.append(reply)
        byteCount += Self.byteCount(of: reply)
    }

    /// The reply is an error instead.
    func replaceLast(by error: FlowError) {
        replies[replies.count - 1] = .failure(error)
    }

    /// Whether nothing is left once so many replies have been sent.
    func ends(with count: Int) -> Bool { doneCount == commands.count && count == replies.count }

    /// The flow has got so many.
    func removeFirst(_ count: Int) {
        replies.removeFirst(count)
        byteCount = replies.reduce(0) { $0 + Self.byteCount(of: $1) }
    }

    private static func byteCount(of reply: Result<ServerReply, FlowError>) -> Int {
        if case .success(let reply) = reply { reply.byteCount } else { 0 }
    }

    /// For each of the first replies, whether the command has failed, and its reply or the error's text.
    func write(first count: Int, to writer: inout MessageWriter) {
        writer.list(count)
        for reply in replies.prefix(count) {
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
