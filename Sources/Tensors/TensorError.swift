/// Why a tensor cannot be made from what was given.
public enum TensorError: Error, Equatable, Sendable {
    /// The product of the dimensions, or the bytes it stands for, does not fit into an `Int`.
    case shapeTooLarge
    /// The bytes given are not what shape and type ask for.
    case byteCountMismatch(expected: Int, actual: Int)
    /// Another number of values was given than the shape has elements.
    case valueCountMismatch(expected: Int, actual: Int)
    /// A value that cannot be read, or is outside its type's range.
    case invalidValue
    /// A byte other than 0 and 1 in a BOOL tensor.
    case invalidBool
    /// Another number of NUL-terminated strings than the shape has elements, or no NUL at the end.
    case stringCountMismatch
    /// A string element with a NUL byte before its end.
    case stringContainsNul
    /// The memory for the elements cannot be had.
    case outOfMemory(byteCount: Int)
}
