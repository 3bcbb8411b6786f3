import Redis

/// Which words of a DAG are keys: those of LOAD and PERSIST, the models and scripts that it runs, and what
/// its scripts are given as KEYS.
enum DagKeys {
    /// Reports no word behind one that is refused, since nothing behind it is touched.
    static func report(_ words: ArgumentReader, to context: borrowing RedisContext) {
        var words = words
        let areWhole = readOptions(of: &words) { option, positions in
            switch option {
            case .load: for position in positions { context.reportKey(at: position, isWritten: false) }
            case .persist: for position in positions { context.reportKey(at: position, isWritten: true) }
            case .route: for position in positions { context.reportRoute(at: position) }
            }
        }
        guard areWhole else { return }
        var split = DagSplit(words)
        while let range = split.next() {
            guard range.count > 1, runs(words[range.lowerBound]) else { continue }
            context.reportKey(at: range.lowerBound + 1, isWritten: false)
            guard words[range.lowerBound].matches("AI.SCRIPTEXECUTE") else { continue }
            ScriptExecute.eachSection(of: words[range]) { section, positions in
                guard section == .keys else { return }
                for position in positions { context.reportUpdatedKey(at: range.lowerBound + position) }
            }
        }
    }

    /// Whether a command has a model or a script as its first key.
    private static func runs(_ command: Argument) -> Bool {
        command.matches("AI.MODELEXECUTE") || command.matches("AI.MODELRUN")
            || command.matches("AI.SCRIPTEXECUTE") || command.matches("AI.SCRIPTRUN")
    }

    /// Options with keys.
    private enum Option {
        case load
        case persist
        case route
    }

    /// Reads up to the first command.
    /// - Returns: false if a word is none that an option begins with.
    private static func readOptions(
        of words: inout ArgumentReader, _ visit: (Option, Range<Int>) -> Void
    ) -> Bool {
        while let word = words.peek, !word.matches(DagSplit.separator) {
            if words.take("LOAD") {
                visit(.load, next(&words))
            } else if words.take("PERSIST") {
                visit(.persist, next(&words))
            } else if words.take("ROUTING") {
                visit(.route, words.next(atMost: 1).indices)
            } else if words.take("TIMEOUT") {
                _ = words.next()
            } else {
                return false
            }
        }
        return true
    }

    private static func next(_ words: inout ArgumentReader) -> Range<Int> {
        guard let count = words.next()?.integer, count > 0 else { return 0..<0 }
        return words.next(atMost: count).indices
    }
}
