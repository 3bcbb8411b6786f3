import Redis

/// Which words of a DAG are keys: those of LOAD and PERSIST, and the models and scripts that it runs.
enum DagKeys {
    /// Reports no word behind one that is refused, since nothing behind it is touched.
    static func report(_ words: ArgumentReader, to context: borrowing RedisContext) {
        var words = words
        while let word = words.peek, !word.matches(DagSplit.separator) {
            if words.take("LOAD") {
                report(next(&words), isWritten: false, to: context)
            } else if words.take("PERSIST") {
                report(next(&words), isWritten: true, to: context)
            } else if words.take("ROUTING") {
                if words.remaining > 0 { context.reportRoute(at: words.position) }
                _ = words.next()
            } else if words.take("TIMEOUT") {
                _ = words.next()
            } else {
                return
            }
        }
        var split = DagSplit(words)
        while let range = split.next() {
            guard range.count > 1, runs(words[range.lowerBound]) else { continue }
            context.reportKey(at: range.lowerBound + 1, isWritten: false)
        }
    }

    private static func next(_ words: inout ArgumentReader) -> ArgumentSlice? {
        guard let count = words.next()?.integer, count > 0 else { return nil }
        return words.next(atMost: count)
    }

    private static func report(
        _ keys: ArgumentSlice?, isWritten: Bool, to context: borrowing RedisContext
    ) {
        for position in keys?.indices ?? 0..<0 { context.reportKey(at: position, isWritten: isWritten) }
    }

    private static func runs(_ command: Argument) -> Bool {
        command.matches("AI.MODELEXECUTE") || command.matches("AI.MODELRUN")
            || command.matches("AI.SCRIPTEXECUTE") || command.matches("AI.SCRIPTRUN")
    }
}
