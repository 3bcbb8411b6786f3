import Glibc
import Testing

@testable import Execution
@testable import Guests

/// Guests as real processes.
@Suite struct GuestTests {
    /// Starts a guest for the time of `body`.
    static func with(
        _ program: GuestProgram, _ body: (Guest, TestOwner) throws -> Void
    ) throws {
        let owner = TestOwner()
        let guest = Guest(owner: owner) { program }
        guest.start()
        defer {
            guest.stop()
            waitUntilStopped(guest)
        }
        try body(guest, owner)
    }

    static func waitUntilStopped(_ guest: Guest) {
        let end = Monotonic.nanoseconds + 600_000_000_000
        while guest.status.stage != .stopped {
            guard Monotonic.nanoseconds < end else {
                Issue.record("the guest does not end")
                return
            }
            sched_yield()
        }
    }

    /// Runs until its connection closes.
    static let echo = """
        while (text := messages.recv(4096)):
            messages.sendall(text)
        """

    @Test func itHasBothSockets() throws {
        let code = "tell(side.recv(100).decode()); side.send(b'two'); " + "tell(messages.recv(100).decode())"
        try Self.with(TestPython.program(code)) { _, owner in
            let connection = try owner.connection()
            #expect(connection.isWithoutBlocking)
            #expect(connection.start == 1)
            connection.sendBeside("one")
            #expect(connection.line() == "one")
            #expect(connection.receiveBeside() == "two")
            connection.send("three")
            #expect(connection.line() == "three")
            #expect(connection.line() == nil)
        }
    }

    @Test func itHasItsArguments() throws {
        try Self.with(TestPython.program("tell(sys.argv[1:]); " + Self.wait, ["a b", ""])) { _, owner in
            try #expect(owner.connection().line() == "['a b', '', '3', '4']")
        }
    }

    /// Does nothing for ever.
    static let wait = "import signal; signal.pause()"

    @Test func itHasNoOtherDescriptors() throws {
        // Not closed at exec, on purpose.
        let open = Glibc.open("/dev/null", O_RDONLY)
        defer { close(open) }
        let code = "tell(sorted(map(int, os.listdir('/proc/self/fd')))); " + Self.wait
        try Self.with(TestPython.program(code)) { _, owner in
            // The last one is that of the folder that it lists.
            try #expect(owner.connection().line() == "[0, 1, 2, 3, 4, 5]")
        }
    }

    @Test func itStartsWithoutSignalsOfTheServers() throws {
        signal(SIGPIPE, SIG_IGN)
        let code = """
            lines = dict(line.split(":\\t") for line in open("/proc/self/status").read().splitlines())
            tell(lines["SigBlk"])
            import signal
            tell(signal.getsignal(signal.SIGTERM) == signal.SIG_DFL)
            signal.pause()
            """
        try Self.with(TestPython.program(code)) { _, owner in
            let connection = try owner.connection()
            #expect(connection.line() == "0000000000000000")
            #expect(connection.line() == "True")
        }
    }

    @Test func itIsReadyWhenItsOwnerSaysSo() throws {
        try Self.with(TestPython.program(Self.echo)) { guest, owner in
            let connection = try owner.connection()
            #expect(guest.status.stage == .starting)
            guest.becameReady(connection.start)
            let end = Monotonic.nanoseconds + 600_000_000_000
            while guest.status.stage != .ready, Monotonic.nanoseconds < end { sched_yield() }
            #expect(guest.status.stage == .ready)
            #expect(guest.status.pid == connection.pid)
            #expect(guest.status.startCount == 1)
        }
    }

    @Test func itIsStartedAgainWhenItEnds() throws {
        try Self.with(TestPython.program("messages.recv(1); sys.exit(3)")) { guest, owner in
            let first = try owner.connection()
            first.send("x")
            let end = try owner.end()
            #expect(end.reason == .exited(status: 3))
            #expect(end.pid == first.pid)
            #expect(first.line() == nil)
            let second = try owner.connection(2)
            #expect(second.start == 2)
            #expect(second.pid != first.pid)
            #expect(guest.status.lastEnd == end)
        }
    }

    @Test func oneThatEndsAtOnceIsStartedAgainAfterPauses() throws {
        let program = GuestProgram(name: "test", executable: "false", sandbox: .none, advice: "install it")
        try Self.with(program) { _, owner in
            let ends = try owner.wait { $0.ends.count >= 4 ? $0.ends : nil }
            #expect(ends.map(\.start).starts(with: [1, 2, 3, 4]))
            #expect(ends.allSatisfy { $0.reason == .exited(status: 1) })
        }
    }

    @Test func itsSignalIsTold() throws {
        try Self.with(TestPython.program("os.kill(os.getpid(), 9)")) { _, owner in
            try #expect(owner.end().reason == .signalled(number: 9))
        }
    }

    @Test func itIsKilledWhateverItIgnores() throws {
        let code = """
            import signal
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            tell("ready")
            while True:
                pass
            """
        try Self.with(TestPython.program(code)) { guest, owner in
            let connection = try owner.connection()
            #expect(connection.line() == "ready")
            guest.kill(because: "it is a test", start: connection.start)
            try #expect(owner.end().reason == .killed(because: "it is a test"))
            try #expect(owner.connection(2).start == 2)
        }
    }

    @Test func aKillForAnEarlierStartIsNotForThisOne() throws {
        try Self.with(TestPython.program(Self.echo)) { guest, owner in
            try guest.kill(because: "first", start: owner.connection().start)
            let second = try owner.connection(2)
            guest.kill(because: "too late", start: 1)
            guest.kill(because: "second", start: second.start)
            try #expect(owner.end(2).reason == .killed(because: "second"))
        }
    }

    @Test func whatItHasStartedIsKilledWithIt() throws {
        let code = """
            child = os.fork()
            if child == 0:
                while True:
                    pass
            tell(child)
            \(Self.wait)
            """
        try Self.with(TestPython.program(code)) { guest, owner in
            let child = try #require(try owner.connection().line().flatMap { pid_t($0) })
            guest.kill(because: "it is a test")
            _ = try owner.end()
            let end = Monotonic.nanoseconds + 600_000_000_000
            while Self.isRunning(child), Monotonic.nanoseconds < end { sched_yield() }
            #expect(!Self.isRunning(child))
        }
    }

    /// Whether a process is there that is more than an entry in the system's list.
    static func isRunning(_ pid: pid_t) -> Bool {
        guard let bytes = Descriptor(opening: "/proc/\(pid)/stat", O_RDONLY)?.read(upTo: 4096) else {
            return false
        }
        let state = String(decoding: bytes, as: UTF8.self).split(separator: ")").last?.split(separator: " ")
        return state?.first.map { $0 != "Z" && $0 != "X" } ?? false
    }

    @Test func stoppingEndsItForGood() throws {
        let owner = TestOwner()
        let program = try TestPython.program(Self.echo)
        let guest = Guest(owner: owner) { program }
        guest.start()
        _ = try owner.connection()
        guest.stop()
        try #expect(owner.end().reason == .killed(because: "it was stopped"))
        Self.waitUntilStopped(guest)
        #expect(guest.status.startCount == 1)
        #expect(guest.status.memoryByteCount == nil)
        guest.start()
        try #expect(owner.connection(2).start == 2)
        guest.stop()
        Self.waitUntilStopped(guest)
    }

    @Test func aMissingProgramIsRefusedUntilSomethingChanges() throws {
        let program = Locked(
            GuestProgram(
                name: "test", executable: "no-such-program", sandbox: .none,
                advice: "install it or set FLOWS_PYTHON"))
        let owner = TestOwner()
        let guest = Guest(owner: owner) { program.withLock { $0 } }
        guest.start()
        let why = try owner.wait { $0.refusals.first }
        #expect(why == "cannot find no-such-program in PATH; install it or set FLOWS_PYTHON")
        #expect(guest.status.stage == .refused(why: why))
        let python = try TestPython.program(Self.echo)
        program.withLock { $0 = python }
        guest.settingsChanged()
        try #expect(owner.connection().start == 2)
        guest.stop()
        Self.waitUntilStopped(guest)
    }

    @Test func withoutAThreadItIsRefusedUntilThereIsOne() throws {
        let mayBegin = Locked(false)
        let supervisor = GuestSupervisor { thread in mayBegin.withLock { $0 } && thread.start() }
        let owner = TestOwner()
        let program = try TestPython.program(Self.echo)
        let guest = Guest(owner: owner, supervisor: supervisor) { program }
        guest.stop()
        guest.start()
        let why = "there is no memory for a thread that would start it; try again later"
        #expect(owner.now.refusals == [why])
        #expect(guest.status.stage == .refused(why: why))
        guest.settingsChanged()
        #expect(owner.now.refusals == [why, why])
        mayBegin.withLock { $0 = true }
        guest.settingsChanged()
        #expect(try owner.connection().start == 3)
        guest.stop()
        Self.waitUntilStopped(guest)
    }

    @Test func itsMemoryIsKnown() throws {
        let code = "held = b'x' * (64 << 20); tell('ready'); " + Self.wait
        try Self.with(TestPython.program(code)) { guest, owner in
            try #expect(owner.connection().line() == "ready")
            try #expect(#require(guest.status.memoryByteCount) > 64 << 20)
            #expect(!guest.killIfBeyondMemory())
        }
    }

    @Test func moreMemoryThanItsLimitIsRefused() throws {
        let code = """
            try:
                held = b"x" * (512 << 20)
            except MemoryError:
                tell("refused")
            held = b"x" * (16 << 20)
            tell("held")
            \(Self.wait)
            """
        let limits = GuestLimits(memoryByteCount: 256 << 20)
        try Self.with(TestPython.program(code, limits: limits)) { _, owner in
            let connection = try owner.connection()
            #expect(connection.line() == "refused")
            #expect(connection.line() == "held")
        }
    }

    @Test func whatItSharesIsWatched() throws {
        let code = """
            import mmap
            held = mmap.mmap(-1, 256 << 20)
            for place in range(0, len(held), 4096):
                held[place] = 1
            tell("held")
            \(Self.wait)
            """
        let limits = GuestLimits(memoryByteCount: 128 << 20)
        try Self.with(TestPython.program(code, limits: limits)) { guest, owner in
            try #expect(owner.connection().line() == "held")
            #expect(guest.killIfBeyondMemory())
            guard case .killed(let because) = try owner.end().reason else {
                Issue.record("it was not killed")
                return
            }
            #expect(because.contains("bytes of memory"))
        }
    }

    @Test func itMayHaveSoManyDescriptors() throws {
        let code = "import resource; tell(resource.getrlimit(resource.RLIMIT_NOFILE)); " + Self.wait
        let limits = GuestLimits(openFileCount: 200)
        try Self.with(TestPython.program(code, limits: limits)) { _, owner in
            try #expect(owner.connection().line() == "(200, 200)")
        }
    }

    @Test func whatItPrintsIsLogged() throws {
        let code = """
            print("one\\ttwo", flush=True)
            print("\\N{SNOWMAN}", file=sys.stderr, flush=True)
            print("x" * 5000, flush=True)
            print("no end", end="", flush=True)
            os._exit(0)
            """
        try Self.with(TestPython.program("import io; sys.stderr.reconfigure(encoding='utf8')\n" + code)) {
            _, owner in
            _ = try owner.end()
            #expect(
                owner.now.notices.prefix(4) == [
                    "one\\ttwo", "\\xe2\\x98\\x83", String(repeating: "x", count: 1020) + " ...", "no end",
                ])
        }
    }

    @Test func whoPrintsTooMuchIsCutShort() throws {
        let code = "[print(number) for number in range(100000)]; sys.stdout.flush(); os._exit(0)"
        try Self.with(TestPython.program(code)) { _, owner in
            _ = try owner.end()
            let lines = owner.now.notices
            #expect(lines.count < 50_000)
            let leftOut = lines.compactMap { line in
                line.hasPrefix("(") ? line.split(separator: " ").first.flatMap { Int($0.dropFirst()) } : nil
            }
            let told = lines.filter { Int($0) != nil }
            #expect(told.first == "0")
            // The next process may have printed as well.
            #expect(leftOut.reduce(0, +) + told.count >= 100_000)
        }
    }

    @Test func itEndsWithTheThreadThatHasStartedIt() throws {
        let program = try TestPython.program("tell('ready'); " + Self.wait, sandbox: .strict)
        let started = Locked<GuestLaunch.Started?>(nil)
        let failure = Locked<GuestFailure?>(nil)
        let mayEnd = Monitor(false)
        let thread = WorkerThread(name: "starter") {
            do throws(GuestFailure) {
                let result = try GuestLaunch(program: program).start()
                started.withLock { $0 = result }
            } catch { failure.withLock { $0 = error } }
            mayEnd.wait { $0 ? .done(()) : .until(nanoseconds: nil) }
        }
        #expect(thread.start())
        let end = Monotonic.nanoseconds + 600_000_000_000
        while started.withLock({ $0 == nil }), failure.withLock({ $0 == nil }), Monotonic.nanoseconds < end {
            sched_yield()
        }
        #expect(failure.withLock { $0 } == nil)
        let process = try #require(started.withLock { $0 })
        #expect(Self.isRunning(pid_t(process.pid)))
        mayEnd.withLock { $0 = true }
        mayEnd.broadcast()
        var entry = pollfd(fd: process.pidfd.number, events: Int16(POLLIN), revents: 0)
        #expect(poll(&entry, 1, 600_000) == 1)
        var finished = GuestProcess(process, start: 1, at: 0)
        #expect(finished.finish(killedBecause: nil, at: 0).0.reason == .signalled(number: 9))
    }

    @Test func theServersWaitForItsOwnChildrenDoesNoHarm() throws {
        try Self.with(TestPython.program("messages.recv(1)")) { _, owner in
            let connection = try owner.connection()
            // As a server does while a child of its own saves; it may take the status, or not.
            let pid = pid_t(connection.pid)
            connection.send("x")
            while waitpid(pid, nil, WNOHANG) == 0 { sched_yield() }
            let end = try owner.end()
            #expect(end.reason == .unknown || end.reason == .exited(status: 0))
            try #expect(owner.connection(2).start == 2)
        }
    }
}
