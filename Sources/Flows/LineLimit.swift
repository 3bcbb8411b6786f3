import Execution

/// How many lines flows may write to the server's log: one that writes for ever shall not keep it busy.
struct LineLimit {
    /// In a second.
    static let lineCount = 100
    static let milliseconds = 1000

    private var secondStart = 0
    private var count = 0
    private var leftOutCount = 0

    /// Whether one more may be written now.
    mutating func takesOne() -> Bool {
        let now = Monotonic.nanoseconds
        if now - secondStart >= Self.milliseconds * 1_000_000, leftOutCount == 0 {
            secondStart = now
            count = 0
        }
        count += 1
        return count <= Self.lineCount
    }

    /// Counts a line that is not written.
    /// - Returns: whether it is the first since `startAgain`, which is to be called after a second.
    mutating func isFirstLeftOut() -> Bool {
        leftOutCount += 1
        return leftOutCount == 1
    }

    /// - Returns: how many lines were left out.
    mutating func startAgain() -> Int {
        defer { leftOutCount = 0 }
        return leftOutCount
    }
}
