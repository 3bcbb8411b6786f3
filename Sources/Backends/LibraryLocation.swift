/// Where a library really lies, links followed, when nobody can put another one there.
///
/// Opening a library runs its code. So neither the file nor what leads to it may be in the hands of others
/// than the server's user and root, and no client may have the server write a file there: `CONFIG SET
/// dbfilename`, and a replication from a master of the client's, make any file in the server's `dir`.
struct LibraryLocation: Equatable {
    /// Absolute, and without links.
    let path: String

    /// Finds a library.
    ///
    /// - Parameters:
    ///   - file: absolute, or below the process' folder.
    ///   - folder: where libraries are looked for.
    ///   - isConfined: whether the file has to lie in there.
    ///   - moduleFolder: the folder of the module: who can exchange what leads there runs code as it is.
    /// - Throws: `.cannotOpen` if it is not there, `.outside`, `.untrusted`.
    init(
        of file: String, in folder: String, isConfined: Bool, moduleFolder: String?
    ) throws(BackendOpeningError) {
        let trusted = moduleFolder.flatMap { (try? FollowedPath($0))?.path }
        let base = (try? FollowedPath(folder))?.path
        let followed: FollowedPath
        do throws(BackendOpeningError) { followed = try FollowedPath(file) } catch {
            // Nobody is told what there is elsewhere.
            guard !isConfined || FollowedPath.isWritten(file, within: folder) else { throw .outside }
            throw error
        }
        if let base, FollowedPath.lies(followed.path, in: base) {
            try followed.check(from: base, trusting: trusted)
            try Self.checkServersFolder { FollowedPath.lies($0, in: base) }
        } else {
            guard !isConfined else { throw .outside }
            try followed.check(from: followed.folder, trusting: trusted)
            try Self.checkServersFolder { $0 == followed.folder }
        }
        path = followed.path
    }

    /// The server's `dir` is the process' folder. It may change, so it is asked for each time.
    private static func checkServersFolder(
        _ isReached: (_ folder: String) -> Bool
    ) throws(BackendOpeningError) {
        guard let own = FollowedPath.currentFolder else {
            throw .untrusted(reason: "the server's dir is not known")
        }
        guard !isReached(own) else {
            throw .untrusted(reason: "libraries lie in the server's dir \(own), where clients can make files")
        }
    }
}
