import CGuests
import Glibc

/// A guest's process that runs, and what the supervisor's thread has of it.
struct GuestProcess {
    private static let bytesAtOnce = 64 * 1024

    let start: Int
    let pid: Int
    private let startTime: Int
    private let pidfd: Descriptor
    /// Nil after its end.
    private var output: Descriptor?
    private var lines = GuestOutput()
    private var folder: GuestFolder?
    private let mayHaveChildren: Bool

    init(_ started: GuestLaunch.Started, start: Int, at now: Int) {
        self.start = start
        pid = started.pid
        startTime = now
        pidfd = started.pidfd
        output = started.output
        folder = started.folder
        mayHaveChildren = started.mayHaveChildren
    }

    /// Becomes readable when it has ended.
    var ending: Int32 { pidfd.number }

    /// What it prints; nil if nothing is to be read now.
    var printing: Int32? { lines.isResting ? nil : output?.number }

    var deadline: Int? { lines.deadline }

    /// Reads once.
    /// - Returns: lines for the log.
    mutating func read(at now: Int) -> [String] {
        guard let output else { return [] }
        guard let bytes = output.read(upTo: Self.bytesAtOnce) else { return [] }
        if bytes.isEmpty { self.output = nil }
        return lines.read(bytes, at: now)
    }

    mutating func look(at now: Int) -> [String] { lines.look(at: now) }

    /// Ends it and what it has started. Its number is its own at least until `ending` is readable.
    func kill() { Glibc.kill(-pid_t(pid), SIGKILL) }

    /// To be called once, after `ending` was readable; on the only copy.
    /// - Returns: how it ended, and its last lines.
    mutating func finish(killedBecause: String?, at now: Int) -> (GuestEnd, [String]) {
        // A server that waits for all its children may have reaped it; its number is used again much later.
        if mayHaveChildren { kill() }
        var last: [String] = []
        // What a pipe can hold, and no more: a child of its own may go on printing.
        if let output, let bytes = output.read(upTo: Self.bytesAtOnce) { last = lines.read(bytes, at: now) }
        last += lines.end(at: now)
        // It is nobody's any more, and goes before anybody hears of the end.
        folder = nil
        var value: Int32 = 0
        // Safety: the variable is alive during the call.
        let status = unsafe guests_reap(pidfd.number, &value)
        let reason: GuestEnd.Reason =
            switch (killedBecause, status) {
            case (let because?, _): .killed(because: because)
            case (nil, GUESTS_EXITED): .exited(status: Int(value))
            case (nil, GUESTS_SIGNALLED): .signalled(number: Int(value))
            default: .unknown
            }
        return (GuestEnd(start: start, pid: pid, reason: reason, livedNanoseconds: now - startTime), last)
    }
}
