import Messages
import Redis

/// A client's command whose reply waits for flows. Main thread.
final class HeldCommand {
    /// In lower case.
    let command: [UInt8]
    /// What has happened to keys during it.
    var events: [PendingEvents.KeyEvent] = []
    /// Executions that have not ended.
    var openCount = 0
    /// What the command has answered.
    var reply: KeptReply?
    /// What a flow has put in its place.
    var override: MessageValue?
    /// Waits for the executions; nil until the command has returned.
    var client: FlowClient?

    init(_ command: [UInt8]) { self.command = command }

    /// One of its executions has ended.
    func executionEnded() {
        openCount -= 1
        if openCount == 0 { client?.answer(.held(self)) }
    }
}

/// A hooked command as its flow can go on with it.
final class HookCall {
    /// As the client has sent it.
    let command: [UInt8]
    /// The client's.
    let access: ServerAccess

    init(_ command: [UInt8], _ access: ServerAccess) {
        self.command = command
        self.access = access
    }
}
