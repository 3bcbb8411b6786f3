import Messages

/// Which events of keys start a flow.
struct KeysFilter: Equatable {
    let prefix: KeyPrefix
    /// Names in lower case; nil = all.
    let events: [String]?
    /// What must be stored at the key then; nil = anything, or nothing.
    let types: [String]?
    /// Only while one of these commands is executed, which is held then; in lower case. Nil = always.
    let commands: [[UInt8]]?
    /// Whether the flow wants type and value of the key.
    let readsValue: Bool

    /// - Parameter description: what `register` was given.
    /// - Throws: `.invalidCall`, `.readerCannotRegister`.
    init(_ description: MessageValue) throws(FlowError) {
        guard let prefix = description["prefix"]?.asBytes, let readsValue = description["readValue"]?.asBool
        else { throw .invalidCall }
        self.prefix = KeyPrefix(Array(prefix))
        events = try Self.names(description["eventTypes"])?.map { $0.lowercased() }
        types = try Self.names(description["keyTypes"])
        commands = try Self.names(description["commands"])?.map { Array($0.utf8).lowercased }
        self.readsValue = readsValue
    }

    private static func names(_ value: MessageValue?) throws(FlowError) -> [String]? {
        guard let value, !value.isNone else { return nil }
        var names: [String] = []
        for name in value.asList ?? [.none] {
            guard let text = name.asText else { throw .invalidCall }
            names.append(text)
        }
        return names
    }

    /// Whether an event may start the flow, whatever is stored at the key.
    /// - Parameter event: in lower case.
    func includes(_ event: String, _ key: [UInt8]) -> Bool {
        prefix.includes(key) && (events?.contains(event) ?? true)
    }
}
