/// How urgent a line about a guest is.
public enum GuestLogLevel: Sendable {
    case notice
    case warning
}
