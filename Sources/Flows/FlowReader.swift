import Messages
import Redis

/// What starts a registered flow, as the script said; from Python, so nothing of it is believed.
enum FlowReader: Equatable {
    /// RG.TRIGGER with this name.
    case command(trigger: [UInt8], isInOrder: Bool)
    /// A command of the server's.
    case hook(HookSettings)
    /// Events of keys.
    case keys(KeysFilter)
    /// Entries of streams.
    case stream(StreamSettings)

    /// - Parameter description: what `register` was given.
    /// - Throws: `.invalidCall` if that makes no sense, `.readerCannotRegister`.
    init(_ description: MessageValue) throws(FlowError) {
        guard let name = description["reader"]?.asText else { throw .invalidCall }
        switch name {
        case "CommandReader":
            guard let trigger = description["trigger"]?.asBytes else {
                self = .hook(try HookSettings(description))
                return
            }
            self = .command(trigger: Array(trigger), isInOrder: description["inorder"]?.asBool ?? false)
        case "KeysReader": self = .keys(try KeysFilter(description))
        case "StreamReader": self = .stream(try StreamSettings(description))
        default: throw .readerCannotRegister(name)
        }
    }

    /// As scripts name it.
    var name: StaticString {
        switch self {
        case .command, .hook: "CommandReader"
        case .keys: "KeysReader"
        case .stream: "StreamReader"
        }
    }

    /// The name that no two registrations have at once; nil if it needs none.
    var trigger: [UInt8]? {
        if case .command(let trigger, _) = self { trigger } else { nil }
    }

    /// Whether events of keys may start it.
    var seesKeys: Bool {
        switch self {
        case .command, .hook: false
        case .keys, .stream: true
        }
    }

    /// The events of keys that may start it, or end what it does; nil if none can.
    var interest: KeyInterest? {
        switch self {
        case .command, .hook: nil
        case .keys(let filter): filter.prefix.interest(in: filter.events)
        case .stream(let settings): settings.prefix.interest(in: ["xadd"] + PendingEvents.endingNames)
        }
    }
}
