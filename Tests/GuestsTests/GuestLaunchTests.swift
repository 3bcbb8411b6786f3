import CHost
import Foundation
import Testing

@testable import Execution
@testable import Guests
@testable import Host

/// What cannot be started, and what is left out.
@Suite struct GuestLaunchTests {
    /// A file of its own for the time of `body`.
    static func withFile(_ text: String, mode: Int, _ body: (String) throws -> Void) throws {
        let path = NSTemporaryDirectory() + "redisai-\(UUID().uuidString)"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    static func refusal(_ executable: String, sandbox: GuestSandbox = .none) -> GuestFailure? {
        let program = GuestProgram(name: "test", executable: executable, sandbox: sandbox, advice: "set IT")
        do throws(GuestFailure) {
            _ = try GuestLaunch(program: program).start()
            return nil
        } catch { return error }
    }

    @Test(arguments: [
        ("no-such-program", "cannot find no-such-program in PATH; set IT"),
        ("/no/such/program", "cannot find /no/such/program; set IT"),
        ("/", "cannot find /; set IT"),
        ("a/b", "a/b is neither an absolute path nor a name without folders; set IT"),
        ("", " is neither an absolute path nor a name without folders; set IT"),
    ])
    func whatIsNotThereIsRefused(_ name: String, _ text: String) {
        #expect(Self.refusal(name) == .refused(text))
        #expect(Self.refusal(name, sandbox: .strict) == .refused(text))
    }

    @Test(arguments: [GuestSandbox.none, .strict])
    func aFileThatNobodyMayRunIsRefused(_ sandbox: GuestSandbox) throws {
        try Self.withFile("no program", mode: 0o644) { path in
            let text = "may not run \(path): it is no program; set IT"
            #expect(Self.refusal(path, sandbox: sandbox) == .refused(text))
        }
    }

    @Test(arguments: [GuestSandbox.none, .strict])
    func aFileThatIsNoProgramIsRefused(_ sandbox: GuestSandbox) throws {
        try Self.withFile("no program", mode: 0o755) { path in
            let text = "cannot run \(path): Exec format error; set IT"
            #expect(Self.refusal(path, sandbox: sandbox) == .refused(text))
        }
    }

    @Test func aScriptIsRefusedInASandbox() throws {
        try Self.withFile("#!/bin/sh\n", mode: 0o755) { path in
            let text = Self.refusal(path, sandbox: .strict)?.text
            #expect(text?.hasPrefix("\(path) is a script") == true)
        }
    }

    @Test func aServiceThatAllowsOtherProgramsOnlyIsNamed() throws {
        let file = try ProgramFile("sh", in: "/usr/bin:/bin", advice: "set IT")
        let text = file.refusal(EACCES, advice: "set IT").text
        #expect(text.hasPrefix("may not run \(file.path): the server's service allows only some programs"))
        #expect(text.contains("add ExecPaths=\(file.path) to its unit"))
    }

    @Test func theFirstOneInThePathIsTaken() throws {
        let file = try ProgramFile("sh", in: "relative:/no/such/folder:/bin:/usr/bin", advice: "")
        #expect(file.path == "/bin/sh")
    }

    /// Starts one, and gives what it tells, with what is said of it.
    static func told(
        _ code: String, denying calls: [host_call], sandbox: GuestSandbox = .strict,
        limits: GuestLimits = GuestLimits()
    ) throws -> (line: String?, remarks: [String]) {
        let denied = calls.reduce(UInt32(0)) { $0 | 1 << $1.rawValue }
        let program = try TestPython.program(code, sandbox: sandbox, limits: limits)
        let result = Locked<(String?, [String])?>(nil)
        let failure = Locked<GuestFailure?>(nil)
        let hasEnded = Monitor(false)
        // Its thread lives until it has ended.
        let thread = WorkerThread(name: "starter") {
            do throws(GuestFailure) {
                let started = try GuestLaunch(
                    program: program, host: Host(deniedCalls: denied, allowsNewCode: true)
                ).start()
                let connection = TestConnection(
                    GuestConnection(
                        start: 1, pid: started.pid, messages: started.messages.take(),
                        side: started.side.take()))
                let line = connection.line()
                result.withLock { $0 = (line, started.remarks) }
                var process = GuestProcess(started, start: 1, at: 0)
                process.kill()
                connection.close()
                _ = process.finish(killedBecause: nil, at: 0)
            } catch { failure.withLock { $0 = error } }
            hasEnded.withLock { $0 = true }
            hasEnded.broadcast()
        }
        #expect(thread.start())
        hasEnded.wait { $0 ? .done(()) : .until(nanoseconds: nil) }
        #expect(failure.withLock { $0 } == nil)
        return try #require(result.withLock { $0 })
    }

    static let descriptors = "tell(sorted(map(int, os.listdir('/proc/self/fd')))); " + GuestTests.wait

    @Test(arguments: GuestSandbox.allCases)
    func descriptorsAreClosedOneByOneWhereTheHostWantsIt(_ sandbox: GuestSandbox) throws {
        let told = try Self.told(Self.descriptors, denying: [HOST_CLOSE_RANGE], sandbox: sandbox)
        #expect(told.line == "[0, 1, 2, 3, 4, 5]")
    }

    @Test(arguments: GuestSandbox.allCases)
    func noDescriptorIsLeftOfTheStart(_ sandbox: GuestSandbox) throws {
        let told = try Self.told(Self.descriptors, denying: [], sandbox: sandbox)
        #expect(told.line == "[0, 1, 2, 3, 4, 5]")
    }

    @Test func withoutLandlockItRunsAndThatIsSaid() throws {
        let told = try Self.told("tell(1); " + GuestTests.wait, denying: [HOST_LANDLOCK_ADD_RULE])
        #expect(told.line == "1")
        #expect(told.remarks.count == 1)
        #expect(told.remarks.first?.contains("SystemCallFilter=@sandbox") == true)
    }

    @Test func withoutLimitsItRunsAndThatIsSaid() throws {
        let told = try Self.told(
            "tell(1); " + GuestTests.wait, denying: [HOST_PRLIMIT64], limits: GuestLimits(openFileCount: 100))
        #expect(told.line == "1")
        #expect(told.remarks == ["the host denies prlimit64: its memory and descriptors are not limited"])
    }

    @Test func whoHasNoLimitsIsToldNothingOfThem() throws {
        let told = try Self.told("tell(1); " + GuestTests.wait, denying: [HOST_PRLIMIT64], sandbox: .none)
        #expect(told.remarks == [])
    }
}
