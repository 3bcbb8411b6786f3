import Commands
import Execution

/// Why a call of another module was refused, or its run failed.
struct APIFailure: Error, Equatable, Sendable {
    /// The numbers that clients know.
    enum Code: UInt32, Sendable {
        case ok = 0
        case modelCreate = 3
        case modelRun = 4
        case modelSerialize = 5
        case modelFree = 6
        case scriptCreate = 9
        case scriptRun = 10
        case unsupportedBackend = 11
        case backendNotLoaded = 12
        case scriptFree = 13
        case tensorSet = 14
        case dagBuilder = 16
        case dagRun = 17
        case finishContext = 18
        case keyEmpty = 19
    }

    let code: Code
    let text: String

    init(_ code: Code, _ text: String) {
        self.code = code
        self.text = text
    }

    /// In the words of commands.
    init(_ code: Code, _ error: CommandError) { self.init(code, error.text) }

    init(_ code: Code, _ error: ExecutionError) {
        switch error {
        case .libraryUnavailable: self.init(.backendNotLoaded, .execution(error))
        default: self.init(code, .execution(error))
        }
    }

    /// How a step of a plan failed.
    init(_ work: Work, _ error: ExecutionError) {
        switch work {
        case .model: self.init(.modelRun, error)
        case .script: self.init(.scriptRun, error)
        }
    }
}

/// The words that only this interface has.
extension APIFailure {
    static func notA(_ noun: StaticString, _ code: Code) -> APIFailure {
        APIFailure(code, "ERR not a \(noun)")
    }

    static let notAModelRun = APIFailure(.finishContext, "Finish ctx is not a model run ctx")
    static let notAScriptRun = APIFailure(.finishContext, "Finish ctx is not a script run ctx")

    static func nothingToRun(_ code: Code) -> APIFailure { APIFailure(code, "ERR Nothing to run") }

    static func inRun(_ code: Code) -> APIFailure { APIFailure(code, "ERR the context belongs to a run") }

    static func withinCallback(_ code: Code) -> APIFailure {
        APIFailure(code, "ERR a callback cannot wait for a run; start it instead")
    }

    static func withoutCallback(_ code: Code) -> APIFailure {
        APIFailure(code, "ERR a run needs a function to be called at its end")
    }

    static func invalidDeadline(_ code: Code) -> APIFailure {
        APIFailure(code, "ERR a deadline is a number of milliseconds, or 0")
    }

    static func deadlinePassed(_ code: Code) -> APIFailure {
        APIFailure(code, "ERR the run has reached its deadline")
    }

    static func cancelled(_ code: Code) -> APIFailure { APIFailure(code, "ERR the run was cancelled") }

    static func outOfMemory(_ code: Code) -> APIFailure { APIFailure(code, .execution(.outOfMemory)) }

    static func invalidArguments(_ code: Code) -> APIFailure {
        APIFailure(code, "ERR an argument is missing or not what it must be")
    }

    static func deviceNeedsServerThread(_ code: Code) -> APIFailure {
        APIFailure(code, "ERR only the server's thread can be the first to use a device")
    }

    static let dagHasRun = APIFailure(.dagRun, "ERR a DAG is run once")
    static let dagInputCount = APIFailure(
        .dagBuilder, "Number of keys given as INPUTS does not match model definition")
    static let dagOutputCount = APIFailure(
        .dagBuilder, "Number of keys given as OUTPUTS does not match model definition")
    // The blank at the end has always been there.
    static let dagBegin = APIFailure(.dagBuilder, "DAG op should start with: '|>' ")
}
