/// Who uses a guest, and is told of it: on the thread of all guests, one call at a time, without a lock.
///
/// None of them may wait, since all guests do then.
public protocol GuestOwner: AnyObject, Sendable {
    /// A process runs and is connected; it counts as ready when `Guest.becameReady` is called. The owner
    /// closes both descriptors, when it is told of the end.
    func guestStarted(_ connection: GuestConnection)

    /// The process of the last `guestStarted` has ended. Another is started unless the guest was stopped.
    func guestEnded(_ end: GuestEnd)

    /// It cannot be started, and is not tried again before `Guest.settingsChanged`.
    ///
    /// If the system has no thread for it, this comes from the thread that called.
    /// - Parameter why: one line, with what can be done.
    func guestRefused(_ why: String)

    /// It could not be started for the moment, as where the system has no descriptor left; another try
    /// follows, within `GuestState.longestPause`.
    /// - Parameter why: one line; the log has it.
    func guestDelayed(_ why: String)

    /// A line for the log: what the guest has printed, or a remark about it; printable ASCII, up to 1 KiB.
    func log(_ level: GuestLogLevel, _ line: String)
}
