import Redis
import Tensors

/// What stands before the first command of a DAG: LOAD, PERSIST, ROUTING and TIMEOUT in any order.
struct DagOptions {
    /// Keys whose tensors have names in the DAG: their own.
    private(set) var load: ArgumentSlice?
    /// What the keys of LOAD hold, in their order.
    private(set) var tensors: [Tensor] = []
    /// Names whose last values are stored, at keys of the same names.
    private(set) var persist: ArgumentSlice?
    private(set) var hasRoute = false
    /// 0 = no deadline.
    private(set) var timeoutMilliseconds = 0

    /// Reads up to the first command.
    init<Keys: DagKeyspace & ~Copyable>(
        parsing words: inout ArgumentReader, as dialect: DagDialect, in keys: borrowing Keys
    ) throws(CommandError) {
        while let word = words.peek, !word.matches(DagSplit.separator) {
            if load == nil, words.take("LOAD") {
                try readLoad(&words, in: keys)
            } else if persist == nil, words.take("PERSIST") {
                guard !dialect.isReadOnly else { throw .dag(.persistInReadOnly) }
                try readPersist(&words)
            } else if !hasRoute, words.take("ROUTING") {
                guard words.next() != nil else { throw .dag(.routeMissing) }
                hasRoute = true
            } else if timeoutMilliseconds == 0, words.take("TIMEOUT") {
                try readTimeout(&words)
            } else {
                throw .dag(.unexpectedWord(word.text))
            }
        }
    }

    /// Whether the server can tell where in a cluster the command belongs.
    var hasKeys: Bool { load != nil || persist != nil || hasRoute }

    private mutating func readLoad<Keys: DagKeyspace & ~Copyable>(
        _ words: inout ArgumentReader, in keys: borrowing Keys
    ) throws(CommandError) {
        guard words.remaining >= 2 else { throw .dag(.loadWordsMissing) }
        guard let count = words.next()?.integer, count > 0 else { throw .dag(.invalidLoadCount) }
        let names = words.next(atMost: count)
        tensors.reserveCapacity(names.count)
        for key in names { tensors.append(try keys.tensor(at: key)) }
        guard names.count == count else { throw .dag(.loadKeysMissing) }
        load = names
    }

    private mutating func readPersist(_ words: inout ArgumentReader) throws(CommandError) {
        guard words.remaining >= 2 else { throw .dag(.persistWordsMissing) }
        guard let count = words.next()?.integer, count > 0 else { throw .dag(.invalidPersistCount) }
        let names = words.next(atMost: count)
        var seen = DagNames()
        for name in names {
            guard seen.slot(of: name) == nil else { throw .dag(.persistKeysRepeat) }
            seen.set(name, to: 0)
        }
        guard names.count == count else { throw .dag(.persistKeysMissing) }
        persist = names
    }

    private mutating func readTimeout(_ words: inout ArgumentReader) throws(CommandError) {
        guard let word = words.next() else { throw .missingTimeout }
        guard let value = word.integer, value > 0 else { throw .invalidTimeout }
        timeoutMilliseconds = value
    }
}
