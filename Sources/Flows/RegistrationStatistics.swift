/// What has come of a registration's executions. Durations are in milliseconds.
struct RegistrationStatistics {
    private(set) var triggeredCount = 0
    private(set) var successCount = 0
    private(set) var failureCount = 0
    private(set) var abortedCount = 0
    private(set) var lastDuration = 0
    private(set) var totalDuration = 0
    /// Of the last one that failed, unless one has succeeded since.
    var lastError: [UInt8]?

    /// Of those that have ended; 0 if none has.
    var averageDuration: Double {
        let count = successCount + failureCount + abortedCount
        return count == 0 ? 0 : Double(totalDuration) / Double(count)
    }

    mutating func begin() { triggeredCount += 1 }

    mutating func end(_ status: FlowExecution.Status, firstError: [UInt8]?, milliseconds: Int) {
        lastDuration = milliseconds
        totalDuration += milliseconds
        if status == .aborted {
            abortedCount += 1
        } else if let firstError {
            failureCount += 1
            lastError = firstError
        } else {
            successCount += 1
            lastError = nil
        }
    }

    /// One that could not begin, or not be told as done with.
    mutating func fail(_ error: FlowError) {
        triggeredCount += 1
        end(.done, firstError: Array(error.text.utf8), milliseconds: 0)
    }

    /// Counts from 0 again.
    mutating func clear() { self = RegistrationStatistics() }
}
