/// Why what a script requires is not there.
enum RequirementError: Error {
    /// It is not one that is taken.
    case invalid(String)
    case tooMany(limit: Int)
    case folderMissing
    /// What pip has said last.
    case notInstalled(String)
}
