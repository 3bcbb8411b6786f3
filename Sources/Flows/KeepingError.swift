import Redis

/// Why a session is not kept, or not taken from what was.
enum KeepingError {
    case invalid
    case notForClients
    case notWritten(WriteObstacle)
}
