import Redis

/// The words of every error that flows have, and no others.
///
/// Those that the original has are kept as they are, without a code before them.
extension FlowError {
    var text: String {
        switch self {
        case .arity(let name): "ERR wrong number of arguments for '\(name)' command"
        case .wordsTooLong: "ERR not enough memory for the words of the command"

        case .scriptCannotBlock:
            "Can not run gears inside a multi exec, lua, or when blocking is not allowed"
        case .optionMissing(let option): "\(option) is missing"
        case .unknownArgument(let word): "Unknown arguments were given: \(word)"
        case .unknownOption(let word): "Unknown option \(word)"
        case .invalidSessionID: "ID must be compose of: ['A'-'Z' | 'a'-'z' | '0' - '9' | '-' | '_']"
        case .sessionExists(let id): "Session \(id) already exists"
        case .sessionBeingBuilt(let id): "TRYAGAIN the script of session \(id) is still running"
        case .cannotReplaceExisting(let new, let old):
            "Can not replace an existing session \(new) with \(old)"
        case .replacedSessionMissing(let old): "Can not replace with \(old), session does not exists."
        case .tooManySessions(let limit): "ERR there are \(limit) sessions already, which is the limit"
        case .script(let text): text
        case .secondRun: "Can not run more then 1 executions in a single script"

        case .triggerMissing: "ERR subcommand not found"
        case .triggerCannotBlock:
            "ERR can not run a non-sync execution inside a MULTI/LUA (blocking is not allowed) or on loading."
        case .triggerTaken: "trigger already registered"
        case .triggerTakenInSession: "trigger already registered in this session"
        case .tooManyRegistrations(let limit):
            "ERR there are \(limit) registrations already, which is the limit"
        case .readerCannotRegister(let reader): "ERR \(reader) cannot be registered with these arguments"
        case .notRegistered: "execution is not registered"
        case .registrationMissing(let id, let shard): "Execution \(id) does not exists on shard \(shard)"
        case .readerCannotPause(let reader): "Reader \(reader) does not support pause"
        case .readerCannotGoOn(let reader): "Reader \(reader) does not support unpause"
        case .noRegistrationToPause: "ERR no registration to pause"
        case .differsFromSaved: "ERR the script registers something else than when the session was made"
        case .notRegisteredAgain: "ERR the script did not register this when the session was restored"
        case .flow(let text): text

        case .executionMissing: "execution plan does not exist"
        case .executionToAbortMissing: "execution does not exist"
        case .executionRunning: "execution is still running"
        case .executionNotFinished: "can not drop a not yet finished execution, abort it first."
        case .aborted: "execution aborted"
        case .noCluster: "no cluster detected - use `RG.GETEXECUTION <id> [SHARD]` instead"
        case .unknownSubcommand: "unknown subcommand"
        case .tooManyExecutions(let limit):
            "ERR Could not trigger execution, there are \(limit) open ones, which is the limit"
        case .tooMuchWaits(let limit):
            "ERR Could not trigger execution, what waits for Python has \(limit) bytes, which is the limit"
        case .resultsTooLarge(let limit): "ERR the results have more than \(limit) bytes, which is the limit"

        case .scriptTooLong(let limit): "ERR the script has more than \(limit) bytes, which is the limit"
        case .configurationUnknown(let name): "(error) Unsupported config parameter: \(name)"
        case .configurationWithoutValue(let name): "(error) Value was not given to \(name)"
        case .configurationFixed(let name): "(error) Config value \(name) not modifiable at runtime"
        case .configurationRefused(let name): "(error) Failed setting config value \(name)"
        case .process(let error): Self.text(of: error)
        case .holding(let error): Self.text(of: error)
        case .hook(let error): error.text
        case .keeping(let error): Self.text(of: error)
        case .requirement(let error): Self.text(of: error)

        case .invalidCall: "ERR a flow's call has wrong arguments"
        case .unknownOperation(let name): "ERR a flow's call names the unknown operation '\(name)'"
        case .askerGone: "ERR the session of the call is gone"
        case .serverCall(let failure): Self.text(of: failure)
        case .answerTooLong(let reason): "ERR the answer does not fit into a message: \(reason)"
        case .command(let error): error.text
        case .object(let error): Self.text(of: error)
        }
    }

    private static func text(of error: ProcessError) -> String {
        switch error {
        case .ended: "ERR the Python process of the flows has ended"
        case .unavailable(let reason): "ERR flows cannot run: \(reason)"
        case .busy: "BUSY flows do not take in what was sent to them; try again"
        case .starting: "TRYAGAIN the Python process of the flows is starting"
        case .delayed(let reason): "TRYAGAIN the Python process of the flows is not there: \(reason)"
        case .endsWhenRestoring(let count):
            "ERR the Python process ended \(count) times while it ran the session's script again"
        }
    }

    private static func text(of error: HoldingError) -> String {
        switch error {
        case .inside: "Already inside an atomic block"
        case .notInside: "Not inside an atomic block"
        case .tooLong(let milliseconds):
            "ERR the flow has held the server for longer than \(milliseconds) ms, which is FLOWS_ATOMIC_LIMIT"
        case .tooMany: "BUSY flows that were to hold the server still run; try again"
        }
    }

    private static func text(of error: KeepingError) -> String {
        switch error {
        case .invalid: "ERR what was kept of a session makes no sense"
        case .notForClients: "ERR the command is for replicas and for the append-only file"
        case .notWritten(.paused): "ERR writes are paused; try again"
        case .notWritten(.replica): "READONLY You can't write against a read only replica."
        }
    }

    private static func text(of error: RequirementError) -> String {
        switch error {
        case .invalid(let text):
            "ERR requirement '\(text)' is not taken: a package's name, extras in [] and versions are, as in "
                + "'name[extra]>=1.2,<2'"
        case .tooMany(let limit): "ERR the script has more than \(limit) requirements, which is the limit"
        case .folderMissing: "ERR no folder for packages can be made; set TMPDIR"
        case .notInstalled(let why): "ERR Could not satisfy requirements: \(why)"
        }
    }

    private static func text(of error: ObjectError) -> String {
        switch error {
        case .tensorMissing: "ERR tensor key is empty"
        case .keyHoldsNoTensor: "ERR key is not a tensor"
        case .keyHoldsOther: "ERR Key is already set with non tensor values."
        case .unknown(let noun): "ERR a flow's call names a \(noun) that does not exist"
        case .tooMany(let limit):
            "ERR flows hold \(limit) tensors, models and scripts already, which is the limit"
        case .tooManyRuns(let limit): "BUSY flows wait for \(limit) runs already, which is the limit"
        case .nothingToFetch: "Must specify at least one target to fetch or execute."
        case .dagInputCount: "Number of keys given as INPUTS does not match model definition"
        case .dagOutputCount: "Number of keys given as OUTPUTS does not match model definition"
        // The blank at the end has always been there.
        case .dagBegin: "DAG op should start with: '|>' "
        case .dagFunctionMissing: "ERR Function does not exist in the given script"
        case .sharedMemory(let error): error.description
        }
    }

    private static func text(of failure: ServerCallFailure) -> String {
        switch failure {
        case .answered(let text): text
        case .refused(let reason): reason
        case .notAllowed: "ERR the command is not allowed from flows"
        case .obstacle(.paused): "ERR writes are paused; try again"
        case .obstacle(.replica): "READONLY You can't write against a read only replica."
        case .noPermission(let command):
            "NOPERM this user has no permissions to run the '\(command)' command on that key"
        case .elsewhere: "Given key is not in the current shard"
        case .unchecked:
            "ERR this server cannot check the rights of flows; ALLOW_UNCHECKED_SCRIPTS lets them do all"
        case .userMissing: "NOPERM the user who registered the flow does not exist any more"
        case .databaseMissing(let number):
            "ERR this server has no database \(number), in which the flow works"
        case .unexpected: "Failed executing command"
        }
    }
}
