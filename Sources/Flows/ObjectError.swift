import Messages

/// Why a flow was refused what it asked of tensors, models, scripts or DAGs, if no command has words for it.
enum ObjectError {
    case tensorMissing
    case keyHoldsNoTensor
    case keyHoldsOther
    /// A number that stands for nothing of that kind.
    case unknown(StaticString)
    case tooMany(limit: Int)
    case tooManyRuns(limit: Int)
    /// A run of which nothing is wanted.
    case nothingToFetch
    case dagInputCount
    case dagOutputCount
    case dagBegin
    case dagFunctionMissing
    /// What the process says of its memory cannot be believed.
    case sharedMemory(RegionError)
}
