/// Why the Python process does nothing.
enum ProcessError {
    case ended
    case unavailable(String)
    case busy
    case starting
    /// It cannot be started for the moment.
    case delayed(String)
    /// A session's script has ended it, so often.
    case endsWhenRestoring(count: Int)
}
