import Redis

/// Commands that flows stand before, or that are held for flows. Main thread.
///
/// The server's filter is there only while there is one.
final class FlowHooks {
    /// A command with what is to happen before or after it.
    private final class Entry {
        let command: [UInt8]
        let info: ServerCommandInfo
        let stand: StandIn
        /// The newest first.
        var hooks: [FlowRegistration] = []
        /// KeysReaders with `commands`.
        var holders: [FlowRegistration] = []

        init(_ command: [UInt8], _ info: ServerCommandInfo) {
            self.command = command
            self.info = info
            stand = StandIn.of(info)
        }
    }

    /// Hooks of one command: each has the server's thread wait within the one before it.
    static let hookLimit = 8

    private var entries: [[UInt8]: Entry] = [:]
    /// Bit n: a command's name has n bytes, so that most others are told apart at once.
    private var lengths: UInt64 = 0
    /// The command that is held now, whose events belong to it.
    var current: HeldCommand?

    /// Published hooks of a command.
    func hooks(of command: [UInt8]) -> [FlowRegistration] { entries[command]?.hooks ?? [] }

    /// The newest hook of a command with these words that is older than another one.
    func next(after newer: FlowRegistration?, _ words: [[UInt8]]) -> FlowRegistration? {
        guard let name = words.first, let entry = entries[name.lowercased] else { return nil }
        return entry.hooks.first { hook in
            guard case .hook(let settings) = hook.reader else { return false }
            guard newer.map({ hook.order < $0.order }) ?? true else { return false }
            guard let prefix = settings.prefix else { return true }
            return entry.info.keyPositions(wordCount: words.count).contains { prefix.includes(words[$0]) }
        }
    }

    /// Whether events of a command may have it held.
    func holds(_ command: [UInt8]) -> Bool { entries[command]?.holders.isEmpty == false }

    func add(_ registration: FlowRegistration) {
        switch registration.reader {
        case .hook(let settings):
            guard let entry = entry(of: settings.command) else { return }
            entry.hooks.append(registration)
            entry.hooks.sort { $0.order > $1.order }
        case .keys(let filter):
            for command in filter.commands ?? [] { entry(of: command)?.holders.append(registration) }
        case .command, .stream: return
        }
        arrange()
    }

    func remove(_ registration: FlowRegistration) {
        for entry in entries.values {
            entry.hooks.removeAll { $0 === registration }
            entry.holders.removeAll { $0 === registration }
        }
        entries = entries.filter { !$0.value.hooks.isEmpty || !$0.value.holders.isEmpty }
        arrange()
    }

    private func entry(of command: [UInt8]) -> Entry? {
        if let entry = entries[command] { return entry }
        guard let info = ServerCommandInfo.of(command) else {
            // It was there when the flow was registered, maybe on another server.
            Log.warning("flows: there is no command \(String(decoding: command, as: UTF8.self)) to hook")
            return nil
        }
        let entry = Entry(command, info)
        entries[command] = entry
        return entry
    }

    private func arrange() {
        lengths = entries.keys.reduce(0) { $0 | 1 << UInt64(min($1.count, 63)) }
        guard !entries.isEmpty else { return CommandFilter.remove() }
        if !CommandFilter.install({ [unowned self] in standIn(for: $0) }) {
            Log.warning("flows: \(HookError.noFilter.text)")
        }
    }

    // MARK: The filter

    /// What is to run in the place of a command; nil = the command.
    private func standIn(for command: borrowing FilteredCommand) -> SharedWord? {
        let count = command.count
        guard count > 0 else { return nil }
        let name = command[0]
        let length = name.byteCount
        guard lengths & 1 << UInt64(min(length, 63)) != 0, let entry = entries[name.bytes.lowercased],
            entry.info.allows(wordCount: count)
        else { return nil }
        // A replica does what its master has done already.
        guard RedisContext.serverFlags.isDisjoint(with: [.replica, .loading]) else { return nil }
        guard !entry.holders.isEmpty || includes(command, entry) else { return nil }
        switch command.admission(of: entry.stand.checked) {
        case .refused: return nil
        case .checked: return entry.stand.checked
        case .vouched: return entry.stand.vouched
        }
    }

    private func includes(_ command: borrowing FilteredCommand, _ entry: Entry) -> Bool {
        for hook in entry.hooks {
            guard case .hook(let settings) = hook.reader, let prefix = settings.prefix else { return true }
            for position in entry.info.keyPositions(wordCount: command.count)
            where prefix.includes(command[position].bytes) { return true }
        }
        return false
    }
}
