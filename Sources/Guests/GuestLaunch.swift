import CGuests
import Glibc
import Host

/// One start of a guest: prepares what its child needs and has it run.
struct GuestLaunch {
    /// A process that runs.
    struct Started {
        let pid: Int
        let pidfd: Descriptor
        let output: Descriptor
        let folder: GuestFolder?
        let messages: Descriptor
        let side: Descriptor
        /// Whether it can make processes of its own.
        let mayHaveChildren: Bool
        /// What it runs without, for the log.
        let remarks: [String]
    }

    let program: GuestProgram
    /// What it knows to leave out.
    var host = Host.current

    /// - Precondition: on a thread that lives as long as the process: the guest dies with it.
    func start() throws(GuestFailure) -> Started {
        let servers = GuestEnvironment.servers
        let file = try ProgramFile(
            program.executable, in: servers["PATH"] ?? GuestEnvironment.usualSearchPath,
            advice: program.advice)
        guard !(program.sandbox.isRestricted && file.isScript) else {
            throw .refused(
                "\(file.path) is a script, and its sandbox lets it run one program only; name that one: "
                    + program.advice)
        }
        let folder = try makeFolder(below: servers["TMPDIR"] ?? "/tmp")
        let rules = try folder.flatMap { folder throws(GuestFailure) in
            try SandboxPlaces.rules(for: program, at: file.path, folder: folder.path, host: host)
        }
        guard let messages = Descriptor.socketPair(SOCK_STREAM),
            let side = Descriptor.socketPair(SOCK_SEQPACKET), let output = Descriptor.pipe()
        else { throw .passing("no connection can be made: \(ProgramFile.error(errno))") }
        for own in [messages.0, side.0, output.0] { own.stopBlocking() }
        let variables = GuestEnvironment.variables(of: program, servers: servers, folder: folder?.path)
        let child = start(
            file, variables, folder, rules, messages: messages.1, side: side.1, output: output.1)
        guard child.step == GUESTS_STARTED else { throw failure(child, file) }
        return Started(
            pid: Int(child.pid), pidfd: Descriptor(child.pidfd), output: output.0, folder: folder,
            messages: messages.0, side: side.0,
            mayHaveChildren: !program.sandbox.isRestricted || child.lacks_filter,
            remarks: remarks(child, hasRules: rules != nil))
    }

    private func makeFolder(below parent: String) throws(GuestFailure) -> GuestFolder? {
        guard program.sandbox.isRestricted else { return nil }
        guard let folder = GuestFolder(named: program.name, below: parent) else {
            let error = errno
            let text = "no folder for temporary files can be made in \(parent): \(ProgramFile.error(error))"
            throw ProgramFile.isPassing(error) ? .passing(text) : .refused("\(text); set TMPDIR")
        }
        return folder
    }

    private func start(
        _ file: ProgramFile, _ variables: [String: String], _ folder: GuestFolder?, _ rules: Descriptor?,
        messages: Descriptor, side: Descriptor, output: Descriptor
    ) -> guests_child {
        let place = CStrings(folder.map { [$0.path] } ?? [])
        let arguments = CStrings(
            [file.path] + program.arguments + [String(GUESTS_MESSAGES), String(GUESTS_SIDE)])
        let environment = CStrings(variables.map { "\($0)=\($1)" }.sorted())
        // Safety: the texts are alive until the call returns, and the child has its own then.
        return unsafe place.withPointers { place in
            unsafe arguments.withPointers { arguments in
                unsafe environment.withPointers { environment in
                    guard let path = unsafe arguments.pointee else { return guests_child() }
                    var launch = unsafe guests_launch(
                        path: path, arguments: arguments, environment: environment, folder: place.pointee,
                        program: file.file.number, messages: messages.number, side: side.number,
                        output: output.number, rules: rules?.number ?? -1, level: program.sandbox.level,
                        memory: UInt64(max(program.limits.memoryByteCount ?? 0, 0)),
                        open_files: UInt64(max(program.limits.openFileCount ?? 0, 0)),
                        may_set_limits: host.allowsLimits, may_close_ranges: host.allowsClosingRanges)
                    // The descriptors must not be closed before.
                    return withExtendedLifetime((file, rules, messages, side, output)) {
                        unsafe guests_start(&launch)
                    }
                }
            }
        }
    }

    private func failure(_ child: guests_child, _ file: ProgramFile) -> GuestFailure {
        let error = ProgramFile.error(child.error)
        if ProgramFile.isPassing(child.error) {
            return .passing("\(file.path) cannot be started now: \(error)")
        }
        switch child.step {
        case GUESTS_EXECUTING: return file.refusal(child.error, advice: program.advice)
        case GUESTS_BEGINNING where child.error == ENOSYS:
            return .refused("\(file.path) needs Linux 5.4 or newer")
        case GUESTS_LIMITING:
            return .refused("the memory or the descriptors of \(file.path) cannot be limited: \(error)")
        case GUESTS_RESTRICTING: return .refused("\(file.path) cannot be put into its sandbox: \(error)")
        default: return .refused("\(file.path) cannot be started: \(error)")
        }
    }

    private func remarks(_ child: guests_child, hasRules: Bool) -> [String] {
        var remarks: [String] = []
        if program.sandbox.isRestricted, !hasRules {
            let lack =
                host.allowsFileRules
                ? "the kernel has no landlock"
                : "the host denies landlock (add SystemCallFilter=@sandbox to the server's unit)"
            remarks.append(
                "\(lack): the sandbox keeps it from neither the server's memory nor files of its user")
        }
        if child.lacks_filter {
            remarks.append(
                "the kernel filters no calls: the sandbox keeps it from neither network nor programs")
        }
        let hasLimits = program.limits.memoryByteCount != nil || program.limits.openFileCount != nil
        if hasLimits, !host.allowsLimits {
            remarks.append("the host denies prlimit64: its memory and descriptors are not limited")
        }
        return remarks
    }
}
