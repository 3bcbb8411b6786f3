/// Why a command is not hooked, or a hooked one has no answer.
enum HookError {
    /// `override` a command, as CommandReader does, or `hook` it, as KeysReader does.
    typealias Verb = StaticString

    case commandMissing(Verb)
    case notForScripts(Verb)
    case movingKeys(Verb)
    case noFirstKey(Verb)
    case noJump(Verb)
    case notSync
    case notSyncInSession
    /// One that changes the client's connection, waits, or is ours.
    case notHookable(String)
    case tooMany(limit: Int)
    case resultCount
    case notInside
    case noCommand
    case overriddenTwice
    case notForClients
    /// The server has no filters of commands, or refuses ours.
    case noFilter

    var text: String {
        switch self {
        case .commandMissing(let verb): "Can not \(verb) an unexisting command"
        case .notForScripts(let verb): "Can not \(verb) a command which are not allowed inside a script"
        case .movingKeys(let verb): "Can not \(verb) a command with moveable keys by key prefix"
        case .noFirstKey(let verb): "Can not \(verb) a command by key prefix with none positive first key"
        case .noJump(let verb): "Can not \(verb) a command by key prefix with none positive jump"
        case .notSync: "Can not override a none sync registration"
        case .notSyncInSession:
            "Can not override a none sync registration which already created on this session"
        case .notHookable(let name):
            "ERR \(name) cannot be hooked: it waits, changes the client's connection, or is of flows"
        case .tooMany(let limit): "ERR the command has \(limit) hooks already, which is the limit"
        case .resultCount: "Command hook must return exactly one result"
        case .notInside: "Can not get CommandHook ctx"
        case .noCommand: "Can not get command ctx"
        case .overriddenTwice: "Can only override reply once"
        case .notForClients: "ERR the command is not for clients"
        case .noFilter: "ERR the server lets no module look at commands"
        }
    }
}
