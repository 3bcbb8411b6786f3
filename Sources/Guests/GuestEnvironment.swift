import CGuests

/// The variables that a guest gets.
enum GuestEnvironment {
    /// Those of the server's that a guest in a sandbox gets as well. What else is there may be secret.
    private static let names: Set<String> = ["LANG", "LANGUAGE", "LD_LIBRARY_PATH", "PATH", "TZ"]
    private static let prefixes = ["LC_", "PYTHON"]
    static let usualSearchPath = "/usr/local/bin:/usr/bin:/bin"

    /// The server's, as they were when the first guest was made: threads that open libraries set more, and
    /// the list must not be read meanwhile.
    static let servers = read()

    private static func read() -> [String: String] {
        var variables: [String: String] = [:]
        // Safety: the system's list ends with a null, each text with a NUL; nobody changes it yet.
        guard var place = unsafe guests_environment() else { return [:] }
        while let text = unsafe place.pointee {
            let parts = unsafe String(cString: text).split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
            unsafe place += 1
        }
        return variables
    }

    /// - Parameters:
    ///   - servers: the server's own variables.
    ///   - folder: the guest's own, if it has one.
    static func variables(
        of program: GuestProgram, servers: [String: String], folder: String?
    ) -> [String: String] {
        var variables = servers.filter { name, _ in
            !program.sandbox.isRestricted || names.contains(name) || prefixes.contains { name.hasPrefix($0) }
        }
        if let folder {
            variables["TMPDIR"] = folder
            variables["HOME"] = folder
        }
        variables.merge(program.environment) { $1 }
        return variables
    }
}
