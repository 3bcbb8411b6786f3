/// What a message to the Python process is; its second value is a number.
enum MessageToPython: Int {
    /// 0, settings.
    case hello = 1
    /// Any number, which `pong` returns.
    case ping = 2
    /// A session's number, its script.
    case script = 3
    /// An execution's number, its registration, flags, payloads.
    case start = 4
    /// A call's number, whether it failed, a value or an error's text.
    case reply = 5
    /// An execution's number.
    case abort = 6
    /// A session's number.
    case drop = 7
    /// 0, settings that changed.
    case settings = 8
    /// 0, the number of the processor on which the server's thread runs.
    case place = 9
    /// A registration's number: it sees no more events.
    case forget = 10
    /// A slot of `TrackedValues`, or -1 for all: values that are at their keys no longer.
    case invalidate = 11
}

/// What a message from the Python process is; its second value is a number.
enum MessageFromPython: Int {
    /// 0, what the process is.
    case ready = 1
    /// The number of the ping, milliseconds for which asyncio's loop has been held.
    case pong = 2
    /// A session's number, an error's text or none.
    case scripted = 3
    /// An execution's number, a piece of its results.
    case results = 4
    /// An execution's number, status, milliseconds, the last results, errors.
    case done = 5
    /// A call's number, who asks, the operation, arguments.
    case call = 6
    /// 0, level, text.
    case log = 7
    /// 0, numbers of tensors, models and regions that the process does not hold any more.
    case release = 8
    /// An execution's number: it goes on without the server's thread.
    case parked = 9
    /// A registration's number: it may see events from now on.
    case arm = 10
}

/// How an execution is started: the bits of START's flags.
struct StartFlags: OptionSet {
    let rawValue: Int

    /// The server's thread waits.
    static let isSync = StartFlags(rawValue: 1)
    /// Whoever has caused it can wait in the background.
    static let mayBlock = StartFlags(rawValue: 2)
    /// A command is held whose reply may be overridden.
    static let holdsCommand = StartFlags(rawValue: 4)
    /// It stands before a command that `call_next` goes on with.
    static let isHook = StartFlags(rawValue: 8)
    /// The server wants the results.
    static let tellsResults = StartFlags(rawValue: 16)
}
