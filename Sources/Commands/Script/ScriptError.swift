/// Why words about scripts were refused.
public enum ScriptError: Sendable {
    /// A list of words behind a keyword and their number.
    public enum Section: Sendable {
        case keys
        case inputs
        case arguments
        case outputs
    }

    // Storing
    case entryPointsMissing
    case invalidEntryPointCount
    case sourceMissing

    // Executing
    case keysOrInputsNotFirst
    case keysWordsMissing
    case invalidKeyCount
    case keysMissing
    case wordsMissing
    case invalidCount(Section)
    case tooFewWords(Section)
    case repeatedSection(Section)
    case timeoutMissing
    case wordsBehindTimeout
    case unexpectedWord(String)

    // The older spelling
    case repeatedTimeout
    case inputsBehindOutputs
    case repeatedInputs
    case repeatedOutputs
    case listOutsideInputs
    case repeatedList
    case unknownParameter
}
