/// How far a StreamReader's registration is. Main thread.
struct StreamProgress {
    enum Status: String {
        case ok = "OK"
        case waitsForRetry = "WAITING_FOR_RETRY_ON_FAILURE"
        case aborted = "ABORTED"
        case paused = "PAUSED"
    }

    var status = Status.ok
    /// By the streams' keys.
    private(set) var consumers: [[UInt8]: StreamConsumer] = [:]
    /// For how long entries had waited when they were done with, in milliseconds.
    private(set) var lastLag = 0
    private var totalLag = 0
    private var lagCount = 0
    private var hasRefusal = false

    /// 0 if nothing is done with yet.
    var averageLag: Double { lagCount == 0 ? 0 : Double(totalLag) / Double(lagCount) }

    mutating func add(_ consumer: StreamConsumer, for key: [UInt8]) { consumers[key] = consumer }

    mutating func remove(_ key: [UInt8]) {
        consumers[key]?.stop()
        consumers[key] = nil
    }

    /// Nothing more is read; what is under way may end.
    mutating func stop() {
        for consumer in consumers.values { consumer.stop() }
        consumers = [:]
        hasRefusal = false
    }

    /// Whether the server's log has nothing yet of streams that it may not follow; it does from then on.
    mutating func isFirstRefusal() -> Bool {
        defer { hasRefusal = true }
        return !hasRefusal
    }

    mutating func noteLag(_ milliseconds: Int) {
        lastLag = milliseconds
        totalLag += milliseconds
        lagCount += 1
    }
}
