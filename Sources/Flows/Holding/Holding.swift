import Messages

/// Who has the server's thread wait, and what has come meanwhile from others. Main thread.
final class Holding {
    /// Sessions and executions, by their numbers, that have the thread wait; the innermost last.
    var holders: [Int] = []
    /// Those of them that hold it for an atomic block, too.
    var inner: Set<Int> = []
    /// Messages of others, which are looked at afterwards.
    private var putAside: [MessageValue] = []
    /// Those who have held the server for too long, and do not know it yet.
    var expired: Set<Int> = []
    /// Executions of mode sync that were given up and have not ended.
    var abandoned: Set<Int> = []
    /// Before that the server is not held again by those who can wait, on the clock of `Monotonic`.
    var notBefore = 0

    /// When the time of the outermost is over, on the clock of `Monotonic`; nil if nobody holds the server.
    var end: Int?

    /// Flows within flows that hold the server: at least the hooks of one command.
    static let deepest = 8
    /// More messages than that are left where they are.
    private static let mostPutAside = 1024
    /// The Python side has as many threads for flows that the server's thread waits for.
    static let mostAbandoned = 8

    var isHeld: Bool { !holders.isEmpty }

    /// Whether nothing more is taken in for others.
    var isFull: Bool { putAside.count >= Self.mostPutAside }

    /// Whether something has come for others.
    var hasMessages: Bool { !putAside.isEmpty }

    func add(_ message: MessageValue) { putAside.append(message) }

    /// The oldest message that fits.
    func take(where fits: (MessageValue) -> Bool) -> MessageValue? {
        guard let index = putAside.firstIndex(where: fits) else { return nil }
        return putAside.remove(at: index)
    }

    /// An execution has ended.
    func ended(_ number: Int) {
        // As a rule there are none.
        if !inner.isEmpty { inner.remove(number) }
        if !expired.isEmpty { expired.remove(number) }
        if !abandoned.isEmpty { abandoned.remove(number) }
    }

    /// Nothing of it matters any more.
    func reset() {
        holders = []
        inner = []
        putAside = []
        expired = []
        abandoned = []
    }
}
