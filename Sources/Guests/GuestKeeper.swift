import Execution
import Glibc

/// Does for one guest what its state decides; on the supervisor's thread, which alone has it.
struct GuestKeeper {
    let guest: Guest
    private var process: GuestProcess?
    /// What was said of the last start, so that it is not said of each.
    private var remarks: [String] = []
    /// Why the last start had to be put off; the same.
    private var delay: String?

    init(_ guest: Guest) { self.guest = guest }

    /// Whether nothing is left to do unless something is asked for.
    var isIdle: Bool {
        process == nil && guest.fields.withLock { $0.state.stage == .stopped }
    }

    /// When `look` has something to do.
    var deadline: Int? {
        let state = guest.fields.withLock { $0.state.deadline }
        guard let output = process?.deadline else { return state }
        return min(output, state ?? output)
    }

    /// What the thread sleeps on: the end of the process, then what it prints.
    var descriptors: [Int32] { [process?.ending, process?.printing].compactMap { $0 } }

    mutating func handle(_ event: GuestState.Event) {
        var next: GuestState.Event? = event
        while let event = next {
            let action = guest.fields.withLock { $0.state.event(event, at: Monotonic.nanoseconds) }
            next = act(action)
        }
    }

    mutating func look() {
        log(process?.look(at: Monotonic.nanoseconds) ?? [])
        handle(.looked)
    }

    /// - Parameter ready: those of its descriptors on which something has happened.
    mutating func handle(ready: Set<Int32>) {
        if let printing = process?.printing, ready.contains(printing) {
            log(process?.read(at: Monotonic.nanoseconds) ?? [])
        }
        if let ending = process?.ending, ready.contains(ending) { finish() }
    }

    /// - Returns: what has come of it.
    private mutating func act(_ action: GuestState.Action) -> GuestState.Event? {
        switch action {
        case .nothing: return nil
        case .spawn: return start()
        case .kill:
            process?.kill()
            return nil
        case .refuse(let why):
            guest.owner?.guestRefused(why)
            return nil
        }
    }

    private mutating func start() -> GuestState.Event? {
        let program = guest.program()
        do throws(GuestFailure) {
            let started = try GuestLaunch(program: program).start()
            begin(started, program)
            return nil
        } catch {
            let runsOnce = guest.fields.withLock { $0.state.runsOnce }
            guard error.isPassing, !runsOnce else { return .refused(why: error.text) }
            if delay != error.text { guest.owner?.log(.warning, error.text) }
            delay = error.text
            guest.owner?.guestDelayed(error.text)
            return .ended
        }
    }

    private mutating func begin(_ started: GuestLaunch.Started, _ program: GuestProgram) {
        delay = nil
        let folder = ProcessFolder(pid: started.pid)
        let start = guest.fields.withLock { fields in
            fields.pid = started.pid
            fields.folder = folder
            fields.limits = program.limits
            return fields.state.startCount
        }
        process = GuestProcess(started, start: start, at: Monotonic.nanoseconds)
        if started.remarks != remarks {
            remarks = started.remarks
            for remark in remarks { guest.owner?.log(.warning, remark) }
        }
        guard let owner = guest.owner else { return }
        owner.guestStarted(
            GuestConnection(
                start: start, pid: started.pid, messages: started.messages.take(), side: started.side.take()))
    }

    private mutating func finish() {
        let because = guest.fields.withLock { fields -> String? in
            guard case .dying(let because, _) = fields.state.stage else { return nil }
            return because
        }
        guard let (end, lines) = process?.finish(killedBecause: because, at: Monotonic.nanoseconds) else {
            return
        }
        process = nil
        guest.fields.withLock { fields in
            fields.pid = nil
            fields.folder = nil
            fields.lastEnd = end
        }
        log(lines)
        guest.owner?.guestEnded(end)
        handle(.ended)
    }

    private func log(_ lines: [String]) {
        for line in lines { guest.owner?.log(.notice, line) }
    }
}
