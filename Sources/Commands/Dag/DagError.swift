/// Why a DAG was refused as a whole; what its commands refuse themselves is a `CommandError` like theirs.
public enum DagError: Sendable {
    // The options and the shape of the whole
    case wordsMissing(StaticString)
    case loadWordsMissing
    case invalidLoadCount
    case loadKeysMissing
    case persistInReadOnly
    case persistWordsMissing
    case invalidPersistCount
    case persistKeysRepeat
    case persistKeysMissing
    case routeMissing
    case unexpectedWord(String)
    case withoutKeys
    case empty

    // Its commands
    case unsupportedCommand
    /// A command of the older spelling in a DAG of the newer.
    case deprecatedCommand(StaticString)
    /// A command of the newer spelling in a DAG of the older.
    case currentCommand(StaticString)
    case scriptInReadOnly
    case arity(StaticString)
    case timeoutOfCommand

    // Names
    case inputUnknown
    case persistUnknown
}
