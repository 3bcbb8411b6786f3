/// Why a flow does not have the server for itself.
enum HoldingError {
    case inside
    case notInside
    case tooLong(milliseconds: Int)
    case tooMany
}
