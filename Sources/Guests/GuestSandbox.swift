import CGuests

/// How much a guest can reach.
///
/// Whoever made the program keeps it from nothing that its own memory can do; what counts is what the kernel
/// lets it ask for. Where the kernel or the host lacks a part, a guest starts without it and its owner's log
/// says so.
public enum GuestSandbox: String, CaseIterable, Sendable {
    /// No network, no other programs or processes, no signals to others; files are read where programs and
    /// their libraries lie, and written in a folder of its own.
    case strict
    /// The same with a network.
    case network
    /// All that the server's user may do.
    case none

    var isRestricted: Bool { self != .none }

    var level: guests_level {
        switch self {
        case .strict: GUESTS_STRICT
        case .network: GUESTS_NETWORK
        case .none: GUESTS_UNRESTRICTED
        }
    }
}
