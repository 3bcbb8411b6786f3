/// Why a guest could not be started.
struct GuestFailure: Error, Equatable {
    /// One line for the log, with what can be done.
    let text: String
    /// Whether it is worth another try without anybody having done something.
    let isPassing: Bool

    static func refused(_ text: String) -> GuestFailure { GuestFailure(text: text, isPassing: false) }
    static func passing(_ text: String) -> GuestFailure { GuestFailure(text: text, isPassing: true) }
}
