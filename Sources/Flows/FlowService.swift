import Execution
import Glibc
import Guests
import Host
import Keyspace
import Messages
import Redis

/// AI flows: their sessions, and the Python process that runs them. One for the server, main thread.
///
/// What the process says is a stranger's: it is looked at before it is believed, and a process that says what
/// makes no sense is ended. All numbers in messages are made here.
@safe
public final class FlowService: @unchecked Sendable {
    let settings: ModuleSettings
    let ids: FlowIDs
    let sessions = FlowSessions()
    let configuration: FlowConfiguration
    let executions: FlowExecutions
    private(set) var guest: Guest?
    /// Nil unless packages may be fetched.
    private(set) var installer: PackageInstaller?
    /// Nil while no process runs.
    var connection: FlowConnection?
    /// Whether the process has said that it serves.
    var isReady = false
    /// Which start of the guest has said that last.
    var lastReadyStart = 0
    /// Why there is no process, and none is being started.
    var refusal: String?
    var answers = AnswerWatch()
    /// While the server loads: what it has loaded; nil else.
    var loaded: [SessionRecord]?
    /// Sessions whose scripts are to run again in this process, the last one first.
    var toRestore: [FlowSession] = []
    /// Whether one script at a time runs again, since they have ended the last process, or may have.
    var restoresSingly = false
    /// Sessions whose scripts ran again when the connection ended.
    var suspects: [FlowSession] = []
    let events = PendingEvents()
    let holding = Holding()
    var clusterTag = ClusterTag()
    var lines = LineLimit()
    private var lastNumber = 0
    private var place = ServerPlace()
    private var peakMemory = 0
    private var isFlushDue = false
    /// Messages since the last flush, and how many do not wait for the end of the turn; see `core/pool.c`.
    private var unsentCount = 0
    private static let manyMessages = 24
    /// Whether `read` will be called in the next turn.
    var isReadDue = false
    private var isLookDue = false
    /// Whether `flush` will be called for what nobody waits for.
    var isTellingDue = false
    /// Whether Python will be told to forget what it knows of keys.
    var isForgettingDue = false

    /// - Parameter context: of OnLoad.
    public init(_ context: borrowing RedisContext, _ settings: ModuleSettings) {
        self.settings = settings
        configuration = FlowConfiguration()
        executions = FlowExecutions(configuration)
        ids = FlowIDs(nodeID: context.clusterNodeID)
    }

    // Safety: written once in OnLoad, before the server can call a command of ours.
    nonisolated(unsafe) private static var storage: FlowService?

    /// The service; nil without flows.
    static var installed: FlowService? { unsafe storage }

    /// The service; there is one if the RG commands are there.
    static var current: FlowService {
        guard let service = installed else { preconditionFailure("a call without FLOWS yes") }
        return service
    }

    /// Makes this the service, and starts Python; in OnLoad, once.
    /// - Parameter folder: of the Python package.
    public func install(packageFolder folder: String) {
        unsafe Self.storage = self
        let python = settings.flows.python
        // Beside the folders of processes: those that were left of either kind are removed with each.
        let packages = settings.flows.allowsInstall ? GuestFolder(named: "flows-packages") : nil
        if let packages {
            installer = PackageInstaller(
                below: packages, limitSeconds: { [unowned self] in settings.flows.installLimitSeconds },
                program: { [unowned self] in pip(program(python, folder), into: $0, $1) })
        } else if settings.flows.allowsInstall {
            Log.warning("flows: no folder for packages can be made, so none are fetched; set TMPDIR")
        }
        let guest = Guest(owner: self) { [unowned self] in
            var program = program(python, folder)
            if let packages { program.readablePaths.append(packages.path) }
            return program
        }
        self.guest = guest
        guest.start()
    }

    /// Asked on the supervisor's thread, at each start.
    private func program(_ python: String, _ folder: String) -> GuestProgram {
        let limit = settings.flows.memoryLimitMegabytes
        return GuestProgram(
            name: "flows", executable: python, arguments: ["-m", "redisai_flows"],
            environment: ["PYTHONPATH": folder, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"],
            limits: GuestLimits(memoryByteCount: limit << 20), sandbox: sandbox,
            readablePaths: [folder] + PythonPlaces.folders(of: python, searchPath: Self.searchPath),
            advice: "install it or set FLOWS_PYTHON")
    }

    /// Where the server looks for programs.
    private static var searchPath: String {
        // Safety: a text of the environment, copied at once; nobody changes it any more.
        unsafe getenv("PATH").map { unsafe String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
    }

    private var sandbox: GuestSandbox {
        let all = GuestSandbox.allCases
        let index = settings.flows.sandbox
        return all.indices.contains(index) ? all[index] : .strict
    }

    /// A number that nothing else has in messages; executions have odd ones.
    func nextNumber() -> Int {
        lastNumber += 2
        return lastNumber
    }

    /// Whether Python is there, or will be.
    /// - Throws: `.pythonUnavailable`, `.process(.busy)`.
    func checkAvailable() throws(FlowError) {
        if let refusal { throw .process(.unavailable(refusal)) }
        if connection?.isFull == true { throw .process(.busy) }
    }

    /// Bytes of memory that the process has, and the most that was seen.
    func memory() -> (current: Int, peak: Int) {
        let current = guest?.status.memoryByteCount ?? 0
        peakMemory = max(peakMemory, current)
        return (current, peakMemory)
    }

    /// Python holds this no longer: an object of the server's or, below 0, a region of its own.
    /// - Throws: `ObjectError.sharedMemory`.
    func forget(_ number: Int) throws(FlowError) {
        guard let connection else { return }
        guard number >= 0 else { return try connection.elements.release(foreign: number) }
        connection.elements.release(tensor: number)
        connection.held.release(number)
    }

    /// The connection of a process that asks.
    func asked() throws(FlowError) -> FlowConnection {
        guard let connection else { throw .process(.ended) }
        return connection
    }

    // MARK: Sending

    /// Sends a message together with all others of this turn of the event loop, so that Python wakes once.
    /// - Throws: if it is too long; nothing is sent then. Without a process nothing is sent either.
    func send(
        _ kind: MessageToPython, _ number: Int, valueCount: Int = 0,
        _ fill: (inout MessageWriter) -> Void = { _ in }
    ) throws(FlowError) {
        guard let connection else { return }
        do throws(MessageError) {
            try connection.write(kind, number, valueCount: valueCount, fill)
        } catch {
            throw .answerTooLong(error.description)
        }
        unsentCount += 1
        // Python begins with many while the server goes on.
        guard unsentCount < Self.manyMessages else { return flush() }
        flushAtEnd()
    }

    /// Sends what waits at the end of this turn.
    func flushAtEnd() {
        guard !isFlushDue else { return }
        isFlushDue = true
        ServerTurn.atEnd {
            self.isFlushDue = false
            self.flush()
        }
    }

    /// Tells Python of the configuration, in a message of either kind.
    func tellConfiguration(_ kind: MessageToPython) throws(FlowError) {
        try send(kind, 0, valueCount: 1) { writer in
            writer.beginDictionary()
            configuration.write(to: &writer)
            if ids.isInCluster {
                writer.text("nodeId")
                writer.bytes(ids.nodeID)
            }
            writer.endDictionary()
        }
    }

    /// The same for what is always short.
    func tell(_ kind: MessageToPython, _ number: Int) {
        do throws(FlowError) { try send(kind, number) } catch {
            preconditionFailure("a message of two numbers is too long")
        }
    }

    /// Sends what waits to be.
    func flush() {
        unsentCount = 0
        tellPlace()
        connection?.flush()
    }

    /// A process begins to serve: it does not know where the server's thread runs.
    func forgetPlace() { place = ServerPlace() }

    /// Tells Python where the server's thread runs, if that has changed.
    private func tellPlace() {
        guard isReady, settings.flows.placesThreads, Host.current.allowsAffinity else { return }
        let processor = Host.processor
        guard place.look(processor), let connection else { return }
        do throws(MessageError) {
            try connection.write(.place, 0, valueCount: 1) { $0.integer(Int(processor)) }
        } catch {
            preconditionFailure("a message of three numbers is too long")
        }
    }

    /// Ends the process that runs, if it is still the one that is connected; another takes its place.
    func kill(_ why: String) {
        if let connection { guest?.kill(because: why, start: connection.start) }
    }

    // MARK: Does it answer?

    /// Python has been given something to do.
    func expectAnswer() {
        answers.asked(at: Monotonic.nanoseconds)
        lookLater()
    }

    /// Nothing is under way any more, as far as the server knows.
    func settleAnswers() { answers.settled() }

    /// Something has ended: nothing else may be under way.
    func settleIfIdle() {
        if executions.open.isEmpty, sessions.running.isEmpty { settleAnswers() }
    }

    private func lookLater() {
        guard !isLookDue, let time = answers.nextLook else { return }
        isLookDue = true
        let milliseconds = max(1, (time - Monotonic.nanoseconds) / 1_000_000 + 1)
        ServerTimer.after(milliseconds: milliseconds) { self.look() }
    }

    private func look() {
        isLookDue = false
        guard isReady else { return }
        guest?.killIfBeyondMemory()
        // What has come meanwhile counts.
        read()
        switch answers.look(at: Monotonic.nanoseconds) {
        case .nothing: break
        case .ping:
            tell(.ping, nextNumber())
            flush()
        case .hung: kill("it does not answer")
        }
        lookLater()
    }
}
