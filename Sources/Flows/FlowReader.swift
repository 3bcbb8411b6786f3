import Messages

/// What starts a registered flow, as the script said; from Python, so nothing of it is believed.
enum FlowReader: Equatable {
    /// RG.TRIGGER with this name.
    case command(trigger: [UInt8], isInOrder: Bool)

    /// - Parameter description: what `register` was given.
    /// - Throws: `.invalidCall` if that makes no sense, `.readerCannotRegister`.
    init(_ description: MessageValue) throws(FlowError) {
        guard let name = description["reader"]?.asText else { throw .invalidCall }
        guard name == Self.commandReader, let trigger = description["trigger"]?.asBytes else {
            throw .readerCannotRegister(name)
        }
        self = .command(trigger: Array(trigger), isInOrder: description["inorder"]?.asBool ?? false)
    }

    private static let commandReader = "CommandReader"

    /// As scripts name it.
    var name: StaticString {
        switch self {
        case .command: "CommandReader"
        }
    }

    /// The name that no two registrations have at once; nil if it needs none.
    var trigger: [UInt8]? {
        switch self {
        case .command(let trigger, _): trigger
        }
    }
}
