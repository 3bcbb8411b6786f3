import Glibc

/// What a Python needs to read beside the system's folders: its environment, and the Python that this is of.
enum PythonPlaces {
    /// - Parameters:
    ///   - python: a path, or a name that is looked for.
    ///   - searchPath: folders divided by colons.
    static func folders(of python: String, searchPath: String) -> [String] {
        guard let program = found(python, searchPath) else { return [] }
        let environment = parent(parent(program))
        var folders: [String] = []
        for place in [environment, resolved(program).map { parent(parent($0)) }].compactMap({ $0 }) {
            // What lies below /usr may be read anyway, but for what is private there.
            guard place != "/", place != "/usr", place != "/usr/local", !folders.contains(place) else {
                continue
            }
            folders.append(place)
        }
        return folders
    }

    private static func found(_ python: String, _ searchPath: String) -> String? {
        if python.contains("/") { return python.hasPrefix("/") ? python : nil }
        return searchPath.split(separator: ":").map { "\($0)/\(python)" }
            // Safety: the path is copied for the call.
            .first { unsafe access($0, X_OK) == 0 }
    }

    private static func resolved(_ path: String) -> String? {
        // Safety: the result is ours to free, once it is copied.
        guard let text = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(text) }
        return unsafe String(cString: text)
    }

    private static func parent(_ path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }
}
