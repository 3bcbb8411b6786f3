import Foundation
import Testing

@testable import Execution
@testable import Guests

/// What guests try in each sandbox: the results of one run of all attempts, by name.
///
/// A result is `done`, or the name of the system's error.
struct SandboxAttempts {
    static let strict = try? run(.strict)
    static let network = try? run(.network)
    static let unrestricted = try? run(.none)

    static func results(_ sandbox: GuestSandbox) -> [String: String] {
        switch sandbox {
        case .strict: strict ?? [:]
        case .network: network ?? [:]
        case .none: unrestricted ?? [:]
        }
    }

    private static func run(_ sandbox: GuestSandbox) throws -> [String: String] {
        let folder = NSTemporaryDirectory() + "redisai-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let file = folder + "/file"
        try Data("secret".utf8).write(to: URL(fileURLWithPath: file))
        let program = try TestPython.program(code, [file, folder], sandbox: sandbox)
        let owner = TestOwner()
        let guest = Guest(owner: owner) { program }
        guest.start()
        defer {
            guest.stop()
            GuestTests.waitUntilStopped(guest)
        }
        let connection = try owner.connection()
        guest.becameReady(connection.start)
        var results: [String: String] = [:]
        while let line = connection.line(), line != "end" {
            let words = line.split(separator: " ", maxSplits: 1).map(String.init)
            results[words[0]] = words.count > 1 ? words[1] : ""
        }
        return results
    }

    /// Each function is an attempt.
    private static let code = #"""
        import asyncio, ctypes, errno, fcntl, importlib, mmap, resource, signal
        import subprocess, tempfile, threading
        file, folder = sys.argv[1:3]
        parent = os.getppid()
        libc = ctypes.CDLL(None, use_errno=True)
        strict = len(os.environ.get("TMPDIR", "")) and os.environ["TMPDIR"] == os.getcwd()

        def check(result):
            if result == -1:
                raise OSError(ctypes.get_errno(), "")

        def attempt_call(*words):
            check(libc.syscall(*words))

        class Attempts:
            def socket_of_network(): socket.socket().close()
            def socket_of_files(): socket.socket(socket.AF_UNIX).close()
            def socket_of_packets(): socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM).close()
            def pair_of_streams(): [end.close() for end in socket.socketpair()]
            def pair_of_datagrams(): [end.close() for end in socket.socketpair(type=socket.SOCK_DGRAM)]
            def fork():
                child = os.fork()
                if child == 0: os._exit(0)
                os.waitpid(child, 0)
            def program(): subprocess.run(["/bin/true"], check=True)
            def spawned_program(): os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)
            def asked_parent(): os.kill(parent, 0)
            def asked_parents_group(): os.killpg(os.getpgid(parent), 0)
            def asked_everybody(): os.kill(-1, 0)
            def asked_itself(): os.kill(os.getpid(), 0)
            def asked_parent_by_descriptor(): signal.pidfd_send_signal(os.pidfd_open(parent), 0)
            def signalled_itself():
                signal.signal(signal.SIGUSR1, lambda *_: None)
                signal.raise_signal(signal.SIGUSR1)
            def descriptor_of_parent(): fcntl.fcntl(messages, fcntl.F_SETOWN, parent)
            def signal_of_descriptor(): fcntl.fcntl(messages, fcntl.F_SETSIG, 0)
            def flags_of_descriptor(): fcntl.fcntl(messages, fcntl.F_GETFL)
            def traced_parent(): check(libc.ptrace(0x4206, parent, 0, 0))
            def memory_of_parent(): open(f"/proc/{parent}/mem", "rb").close()
            def environment_of_parent(): open(f"/proc/{parent}/environ", "rb").read()
            def read_memory_of_parent(): attempt_call(CALLS["process_vm_readv"], parent, 0, 0, 0, 0, 0)
            def limits_of_parent(): resource.prlimit(parent, resource.RLIMIT_NOFILE)
            def limits_of_itself(): resource.prlimit(0, resource.RLIMIT_NOFILE)
            def priority_of_parent():
                os.setpriority(os.PRIO_PROCESS, parent, os.getpriority(os.PRIO_PROCESS, parent))
            def priority_of_itself(): os.setpriority(os.PRIO_PROCESS, 0, os.getpriority(os.PRIO_PROCESS, 0))
            def own_processors(): os.sched_setaffinity(0, os.sched_getaffinity(0))
            def end_with_parent(): check(libc.prctl(1, signal.SIGKILL))
            def read_file(): open(file).read()
            def write_file(): open(file, "a").close()
            def truncate_file(): os.truncate(file, 3)
            def list_folder(): os.listdir(folder)
            def list_root(): os.listdir("/")
            def list_settings(): os.listdir("/etc")
            def make_file(): open(folder + "/new", "w").close()
            def make_folder(): os.mkdir(folder + "/newer")
            def make_link(): os.symlink("a", folder + "/link")
            def mode_of_file(): os.chmod(file, 0o600)
            def times_of_file(): os.utime(file)
            def attribute_of_file(): os.setxattr(file, "user.a", b"a")
            def move_file(): os.rename(file, folder + "/moved")
            def remove_file(): os.unlink(folder + "/moved")
            def own_score(): open("/proc/self/oom_score_adj", "w").write("1000")
            def own_report(): open("/proc/self/status").read()
            def machine(): [open(name).read() for name in ("/proc/cpuinfo", "/proc/meminfo")]
            def own_file():
                with tempfile.NamedTemporaryFile("w+") as made:
                    made.write("text")
                    made.flush()
                    os.rename(made.name, made.name + "x")
                    os.rename(made.name + "x", made.name)
                    assert open(made.name).read() == "text"
                    os.fchmod(made.fileno(), 0o600)
            def own_folder():
                with tempfile.TemporaryDirectory() as made: open(made + "/a", "w").close()
            def own_device(): os.mknod("device", 0o20600, os.makedev(1, 1))
            def nothing(): open("/dev/null", "w").write("x")
            def random(): open("/dev/urandom", "rb").read(8)
            def thread():
                threads = [threading.Thread(target=sum, args=([1],)) for _ in range(3)]
                [thread.start() for thread in threads]
                [thread.join() for thread in threads]
            def coroutine():
                async def run():
                    return await asyncio.gather(*(asyncio.sleep(0, number) for number in range(3)))
                assert asyncio.run(run()) == [0, 1, 2]
            def library():
                for name in ("json", "ssl", "decimal", "sqlite3", "zoneinfo", "hashlib", "ctypes.util",
                             "concurrent.futures", "multiprocessing", "zlib", "xml.etree.ElementTree"):
                    importlib.import_module(name)
            def callback():
                number = ctypes.POINTER(ctypes.c_int)
                compare = ctypes.CFUNCTYPE(ctypes.c_int, number, number)
                numbers = (ctypes.c_int * 3)(3, 1, 2)
                libc.qsort(numbers, 3, 4, compare(lambda one, other: one[0] - other[0]))
                assert list(numbers) == [1, 2, 3]
            def numpy():
                numpy = importlib.import_module("numpy")
                assert numpy.ones((200, 200)).dot(numpy.ones((200, 200))).sum() == 200 ** 3
            def shared_memory():
                made = os.memfd_create("a", os.MFD_ALLOW_SEALING)
                os.ftruncate(made, 4096)
                mmap.mmap(made, 4096).close()
            def user_namespace(): check(libc.unshare(0x10000000))
            def mount(): check(libc.mount(b"a", b"/nowhere", b"tmpfs", 0, None))
            def new_process_call(): attempt_call(435, 0, 0)
            def rings(): attempt_call(425, 1, 0)
            def programs_of_kernel(): attempt_call(CALLS["bpf"], 0, 0, 0)
            def keys(): attempt_call(CALLS["keyctl"], 0, -4, 0)
            def faults(): attempt_call(CALLS["userfaultfd"], 1)
            def counters(): attempt_call(CALLS["perf_event_open"], 0, 0, -1, -1, 0)
            def unknown_call(): attempt_call(500, 0)
            def shared_segment(): attempt_call(CALLS["shmget"], 0, 4096, 0o600)
            def descriptor_at_limit(): os.dup2(0, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
            def descriptor_below_limit():
                os.close(os.dup2(0, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 1))
            def raised_limit():
                limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
                resource.setrlimit(resource.RLIMIT_NOFILE, (limit + 1, limit + 1))

        X86 = {"process_vm_readv": 310, "bpf": 321, "keyctl": 250, "userfaultfd": 323, "perf_event_open": 298,
               "shmget": 29}
        ARM = {"process_vm_readv": 270, "bpf": 280, "keyctl": 219, "userfaultfd": 282, "perf_event_open": 241,
               "shmget": 194}
        CALLS = X86 if os.uname().machine == "x86_64" else ARM
        def run(name, attempt):
            try:
                attempt()
                tell(f"{name} done")
            except OSError as error:
                tell(f"{name} {errno.errorcode.get(error.errno, error.errno)}")
            except Exception as error:
                tell(f"{name} {error!r}")
        for name, attempt in vars(Attempts).items():
            if not name.startswith("__"): run(name, attempt)
        # These would end what tries them.
        if strict:
            run("became_program", lambda: os.execv("/bin/true", ["true"]))
            run("became_opened_program", lambda: os.execve(os.open("/bin/true", os.O_RDONLY), ["true"], {}))
        tell("end")
        signal.pause()
        """#
}
