import Commands
import Redis

/// Why a command about flows was refused, or why what a flow asked for was; the words are in `FlowErrorText`.
enum FlowError: Error, CommandFailure {
    case arity(StaticString)
    case wordsTooLong

    // RG.PYEXECUTE
    case scriptCannotBlock
    case optionMissing(StaticString)
    case unknownArgument(String)
    case unknownOption(String)
    case invalidSessionID
    case sessionExists(String)
    case sessionBeingBuilt(String)
    case cannotReplaceExisting(new: String, old: String)
    case replacedSessionMissing(String)
    case tooManySessions(limit: Int)
    /// What the script has raised.
    case script(String)
    case secondRun

    // Triggers and registrations
    case triggerMissing
    case triggerCannotBlock
    case triggerTaken
    case triggerTakenInSession
    case tooManyRegistrations(limit: Int)
    case readerCannotRegister(String)
    case notRegistered
    case registrationMissing(id: String, shard: String)
    case readerCannotPause(StaticString)
    case readerCannotGoOn(StaticString)
    case noRegistrationToPause
    /// A session that could not be restored says it was registered otherwise.
    case differsFromSaved
    case notRegisteredAgain
    /// The first error of a flow.
    case flow(String)

    // Executions
    case executionMissing
    case executionToAbortMissing
    case executionRunning
    case executionNotFinished
    case aborted
    case noCluster
    case unknownSubcommand
    case tooManyExecutions(limit: Int)
    case resultsTooLarge(limit: Int)
    /// What executions that wait for Python begin with.
    case tooMuchWaits(limit: Int)

    case scriptTooLong(limit: Int)
    case configurationUnknown(String)
    case configurationWithoutValue(String)
    case configurationFixed(String)
    case configurationRefused(String)
    case process(ProcessError)
    case holding(HoldingError)
    case hook(HookError)
    case keeping(KeepingError)
    case requirement(RequirementError)

    // What flows ask
    case invalidCall
    case unknownOperation(String)
    case askerGone
    case serverCall(ServerCallFailure)
    case answerTooLong(String)
    /// As a command would be refused.
    case command(CommandError)
    /// About tensors, models and scripts.
    case object(ObjectError)
}

extension FlowError {
    /// Whether the server has refused a command since the user may not run it, or not on that key.
    var isLackOfRights: Bool {
        switch self {
        case .serverCall(.noPermission): true
        case .serverCall(.answered(let text)):
            // Servers of 7.0 have other words.
            text.hasPrefix("NOPERM") || text.hasPrefix("ERR acl verification failed")
        default: false
        }
    }

    /// Whether a call fails again until somebody has changed users or keys.
    var isLasting: Bool {
        switch self {
        case .serverCall(.userMissing), .serverCall(.unchecked): true
        case .serverCall(.answered(let text)) where text.hasPrefix("WRONGTYPE"): true
        default: isLackOfRights
        }
    }
}
