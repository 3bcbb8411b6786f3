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
            !program.sandbox.isRestricted || names.contains(name)
                || prefixes.contains { name.hasPrefix($0) } || isPassed(name, to: program)
        }
        if let folder {
            variables["TMPDIR"] = folder
            variables["HOME"] = folder
        }
        variables.merge(program.environment) { $1 }
        return variables
    }

    /// Absolute paths, and those of addresses of files, that variables which it gets of the server's hold.
    static func places(namedFor program: GuestProgram) -> [String] {
        servers.filter { isPassed($0.key, to: program) }.values.flatMap { value in
            value.split { $0 == " " || $0 == "\n" }.compactMap { word in
                let path = word.hasPrefix("file://") ? word.dropFirst("file://".count) : word
                return path.hasPrefix("/") && path != "/" ? String(path) : nil
            }
        }
    }

    private static func isPassed(_ name: String, to program: GuestProgram) -> Bool {
        program.passedVariables.contains { passed in
            passed.hasSuffix("*") ? name.hasPrefix(passed.dropLast()) : name == passed
        }
    }
}
