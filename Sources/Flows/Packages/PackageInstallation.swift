import Execution
import Glibc
import Guests
import Redis

/// Pip at work for one session, in a process of its own. Main thread, but for what the guest tells.
final class PackageInstallation: @unchecked Sendable {
    /// So many of the last lines that pip has printed are told.
    private static let toldLineCount = 5
    private static let longestTold = 1000

    /// The folder of the packages.
    let folder: String
    private let lastLines = Locked<[String]>([])
    private var guest: Guest?
    private var finished: ((RequirementError?) -> Void)?

    init(folder: String) { self.folder = folder }

    /// - Parameters:
    ///   - limitSeconds: a process that takes longer is ended.
    ///   - finished: called once, on the main thread, when no process is left.
    func start(
        _ program: GuestProgram, limitSeconds: Int, finished: @escaping (RequirementError?) -> Void
    ) {
        self.finished = finished
        let guest = Guest(owner: self, runsOnce: true) { program }
        self.guest = guest
        guest.start()
        let why = "it took longer than \(limitSeconds) s, which is FLOWS_INSTALL_LIMIT"
        ServerTimer.after(milliseconds: limitSeconds * 1000) { [weak guest] in guest?.kill(because: why) }
    }

    /// Ends the process, if one runs.
    func cancel() { guest?.stop() }

    private func finish(_ why: String?) {
        guest?.stop()
        guest = nil
        let finished = finished
        self.finished = nil
        finished?(why.map { .notInstalled($0) })
    }

    private func remember(_ line: String) {
        lastLines.withLock { lines in
            lines.append(line)
            if lines.count > Self.toldLineCount { lines.removeFirst() }
        }
    }

    /// What pip has said last, or else how its process has ended.
    private func told(_ end: GuestEnd) -> String {
        if case .killed(let because) = end.reason { return because }
        let said = lastLines.withLock { $0 }.joined(separator: " ")
        return said.isEmpty ? end.description : String(said.suffix(Self.longestTold))
    }
}

extension PackageInstallation: GuestOwner {
    func guestStarted(_ connection: GuestConnection) {
        // It has nothing to say but what it prints.
        close(connection.messages)
        close(connection.side)
        guest?.becameReady(connection.start)
    }

    func guestEnded(_ end: GuestEnd) {
        let why: String? = if case .exited(0) = end.reason { nil } else { told(end) }
        ServerThread.call { self.finish(why) }
    }

    func guestRefused(_ why: String) {
        ServerThread.call { self.finish(why) }
    }

    /// Who runs once is refused then.
    func guestDelayed(_ why: String) {}

    func log(_ level: GuestLogLevel, _ line: String) {
        if level == .notice { remember(line) }
        switch level {
        case .notice: Log.notice("flows: pip: \(line)")
        case .warning: Log.warning("flows: pip: \(line)")
        }
    }
}
