import Foundation
import Testing

@testable import Guests

/// What a guest can reach in each sandbox; the kernel of the machine has filters and landlock.
@Suite struct GuestSandboxTests {
    /// In `strict`, and in `network` as well.
    static let refused: [(String, String)] = [
        ("socket_of_packets", "EPERM"), ("pair_of_datagrams", "EPERM"), ("fork", "EPERM"),
        ("program", "EPERM"),
        ("spawned_program", "EPERM"), ("asked_parent", "EPERM"), ("asked_parents_group", "EPERM"),
        ("asked_everybody", "EPERM"), ("asked_parent_by_descriptor", "EPERM"),
        ("descriptor_of_parent", "EPERM"),
        ("signal_of_descriptor", "EPERM"), ("traced_parent", "EPERM"), ("memory_of_parent", "EACCES"),
        ("environment_of_parent", "EACCES"), ("read_memory_of_parent", "EPERM"),
        ("limits_of_parent", "EPERM"),
        ("priority_of_parent", "EPERM"), ("end_with_parent", "EPERM"), ("read_file", "EACCES"),
        ("write_file", "EACCES"), ("truncate_file", "EPERM"), ("list_folder", "EACCES"),
        ("list_root", "EACCES"), ("list_settings", "EACCES"), ("make_file", "EACCES"),
        ("make_folder", "EACCES"), ("make_link", "EACCES"), ("mode_of_file", "EPERM"),
        ("times_of_file", "EPERM"), ("attribute_of_file", "EPERM"), ("move_file", "EACCES"),
        ("own_score", "EACCES"), ("user_namespace", "EPERM"), ("mount", "EPERM"),
        ("new_process_call", "ENOSYS"), ("rings", "EPERM"), ("programs_of_kernel", "EPERM"),
        ("keys", "EPERM"),
        ("faults", "EPERM"), ("counters", "EPERM"), ("unknown_call", "ENOSYS"), ("shared_segment", "EPERM"),
        ("descriptor_at_limit", "EBADF"), ("became_program", "EPERM"), ("became_opened_program", "EPERM"),
    ]

    static let allowed = [
        "pair_of_streams", "asked_itself", "signalled_itself", "flags_of_descriptor", "limits_of_itself",
        "priority_of_itself", "own_processors", "own_report", "machine", "own_file", "own_folder", "nothing",
        "random", "thread", "coroutine", "library", "callback", "shared_memory", "descriptor_below_limit",
    ]

    @Test(arguments: refused)
    func isRefused(_ attempt: String, _ error: String) {
        #expect(SandboxAttempts.results(.strict)[attempt] == error)
        #expect(SandboxAttempts.results(.network)[attempt] == error)
    }

    @Test(arguments: allowed)
    func isAllowed(_ attempt: String) {
        for sandbox in GuestSandbox.allCases {
            #expect(SandboxAttempts.results(sandbox)[attempt] == "done")
        }
    }

    @Test(arguments: ["socket_of_network", "socket_of_files"])
    func onlyTheNetworkDiffers(_ attempt: String) {
        #expect(SandboxAttempts.results(.strict)[attempt] == "EPERM")
        #expect(SandboxAttempts.results(.network)[attempt] == "done")
    }

    @Test(arguments: [
        "socket_of_network", "socket_of_files", "pair_of_datagrams", "fork", "program", "spawned_program",
        "asked_parent", "limits_of_parent", "priority_of_parent", "read_file", "write_file", "truncate_file",
        "list_folder", "list_root", "list_settings", "make_file", "make_folder", "make_link", "mode_of_file",
        "times_of_file", "move_file", "remove_file",
    ])
    func nothingIsRefusedWithoutASandbox(_ attempt: String) {
        #expect(SandboxAttempts.results(.none)[attempt] == "done")
    }

    /// No device of the machine's is reached by making one.
    @Test func aDeviceCannotBeMade() {
        for sandbox in [GuestSandbox.strict, .network] {
            #expect(["EPERM", "EACCES"].contains(SandboxAttempts.results(sandbox)["own_device"]))
            #expect(
                ["EPERM", "ValueError"].contains { error in
                    SandboxAttempts.results(sandbox)["raised_limit"]?.hasPrefix(error) == true
                })
        }
    }

    @Test func numpyWorksWhereItIs() throws {
        let python = try #require(TestPython.found)
        for sandbox in GuestSandbox.allCases {
            let result = SandboxAttempts.results(sandbox)["numpy"]
            #expect(result == "done" || !python.hasNumpy)
        }
    }

    @Test func itsFolderIsItsOwnAndGoesWithIt() throws {
        let code = """
            place = os.environ["TMPDIR"]
            os.makedirs("a/b")
            open("a/b/c", "w").close()
            os.symlink("/", "a/root")
            tell(place)
            tell(os.getcwd() == place == os.environ["HOME"])
            tell(oct(os.stat(place).st_mode))
            messages.recv(1)
            """
        let program = try TestPython.program(code, sandbox: .strict)
        try GuestTests.with(program) { guest, owner in
            let connection = try owner.connection()
            let place = try #require(connection.line())
            #expect(place.split(separator: "/").last?.hasPrefix("redisai-test-") == true)
            #expect(connection.line() == "True")
            #expect(connection.line() == "0o40700")
            guest.stop()
            _ = try owner.end()
            #expect(!FileManager.default.fileExists(atPath: place))
        }
    }

    @Test func itGetsNoSecretsOfTheServers() throws {
        let servers = [
            "PATH": "/bin", "LC_ALL": "C", "PYTHONPATH": "/a", "REDIS_PASSWORD": "x", "HOME": "/b",
        ]
        var program = try TestPython.program("", sandbox: .strict)
        program.environment = ["ADDED": "1", "LC_ALL": "D"]
        #expect(
            GuestEnvironment.variables(of: program, servers: servers, folder: "/c") == [
                "PATH": "/bin", "LC_ALL": "D", "PYTHONPATH": "/a", "HOME": "/c", "TMPDIR": "/c", "ADDED": "1",
            ])
        program.sandbox = .none
        #expect(
            GuestEnvironment.variables(of: program, servers: servers, folder: nil)
                == servers.merging(program.environment) { $1 })
    }

    @Test func itMayReadWhatItsProgramSays() throws {
        let folder = NSTemporaryDirectory() + "redisai-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data("text".utf8).write(to: URL(fileURLWithPath: folder + "/file"))
        let code = """
            tell(open(sys.argv[1] + "/file").read())
            try:
                open(sys.argv[1] + "/file", "a")
            except PermissionError:
                tell("refused")
            \(GuestTests.wait)
            """
        var program = try TestPython.program(code, [folder], sandbox: .strict)
        program.readablePaths.append(folder)
        try GuestTests.with(program) { _, owner in
            let connection = try owner.connection()
            #expect(connection.line() == "text")
            #expect(connection.line() == "refused")
        }
    }

    @Test func theFolderOfTheProcessStaysReadable() throws {
        // The kernel may forget folders of /proc that nobody has open; the rule would go with it.
        let code = """
            open("/proc/self/status").read()
            tell("ready")
            messages.recv(1)
            tell(len(open("/proc/self/status").read()) > 0)
            """
        try GuestTests.with(TestPython.program(code, sandbox: .strict)) { _, owner in
            let connection = try owner.connection()
            #expect(connection.line() == "ready")
            connection.send("x")
            #expect(connection.line() == "True")
        }
    }
}
