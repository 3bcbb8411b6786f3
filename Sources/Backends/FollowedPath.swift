import Glibc
import Host

/// A path whose links have been followed, with the owner and mode of everything that lies on the way.
struct FollowedPath {
    /// Absolute, and without links.
    let path: String
    /// What was passed from `/` on, links too, and the file itself as the last.
    private var entries: [Entry] = []

    private struct Entry {
        let path: String
        let owner: uid_t
        let mode: mode_t

        var isLink: Bool { mode & mode_t(S_IFMT) == mode_t(S_IFLNK) }
        /// Whether it belongs to the server's user or to root.
        var isOurs: Bool { owner == 0 || owner == geteuid() }
        /// Whether others than the owner may change it: a file's bytes, or a folder's names.
        var isOpenToOthers: Bool { !isLink && mode & 0o022 != 0 }
        /// Whether, in a folder that is open to others, they may not take away what is not theirs.
        var isSticky: Bool { mode & mode_t(S_ISVTX) != 0 }
    }

    /// More links than the system follows.
    private static let mostLinks = 40

    /// Follows a path to what it means.
    /// - Throws: `.cannotOpen` if that is not there or cannot be looked at.
    init(_ path: String) throws(BackendOpeningError) {
        let absolute = Self.absolute(path)
        var names = Self.names(of: absolute)
        names.reverse()
        var links = 0
        var place = ""
        entries.append(try Self.entry("/", on: absolute))
        while let name = names.popLast() {
            guard name != ".." else {
                place = Self.folder(of: place)
                continue
            }
            let entry = try Self.entry("\(place)/\(name)", on: absolute)
            entries.append(entry)
            guard entry.isLink else {
                place = entry.path
                continue
            }
            links += 1
            guard links <= Self.mostLinks, let target = Self.target(of: entry.path) else {
                throw Self.failure(absolute, ELOOP)
            }
            if target.utf8.first == UInt8(ascii: "/") { place = "" }
            names.append(contentsOf: Self.names(of: target).reversed())
        }
        self.path = place.isEmpty ? "/" : place
    }

    /// The folder of the file.
    var folder: String { Self.folder(of: path).isEmpty ? "/" : Self.folder(of: path) }

    /// Makes sure that only the server's user and root can change what lies there.
    ///
    /// - Parameters:
    ///   - folder: from there down nobody else may even add a name, since a library opens others beside it.
    ///   - trusted: what leads to this folder is not looked at.
    /// - Throws: `.untrusted`.
    func check(from folder: String, trusting trusted: String?) throws(BackendOpeningError) {
        for entry in entries {
            if Self.lies(entry.path, in: folder) {
                guard entry.isOurs else { throw Self.foreign(entry) }
                guard !entry.isOpenToOthers else { throw Self.changeable(entry) }
            } else if !leads(entry, to: trusted) {
                guard entry.isOurs else { throw Self.foreign(entry) }
                guard !entry.isOpenToOthers || entry.isSticky else { throw Self.changeable(entry) }
            }
        }
    }

    /// Whether an entry is a folder that a path passes, or a link in one.
    private func leads(_ entry: Entry, to path: String?) -> Bool {
        guard let path else { return false }
        let place = entry.isLink ? Self.folder(of: entry.path) : entry.path
        return Self.lies(path, in: place.isEmpty ? "/" : place)
    }

    // Paths as texts

    /// Whether a path without links is the folder, or below it.
    static func lies(_ path: String, in folder: String) -> Bool {
        let start = folder == "/" ? "/" : folder + "/"
        return path == folder || path.utf8.starts(with: start.utf8)
    }

    /// Whether a path that leads nowhere would lie in a folder, as far as it is written.
    static func isWritten(_ path: String, within folder: String) -> Bool {
        let path = absolute(path)
        return lies(path, in: absolute(folder)) && !names(of: path).contains("..")
    }

    /// The path from `/` on; a relative one is below the process' folder.
    static func absolute(_ path: String) -> String {
        guard path.utf8.first != UInt8(ascii: "/"), let folder = currentFolder else { return path }
        return folder == "/" ? "/\(path)" : "\(folder)/\(path)"
    }

    private static func names(of path: String) -> [String] {
        path.split(separator: "/").filter { $0 != "." }.map { String($0) }
    }

    /// Empty for what lies in `/`.
    private static func folder(of path: String) -> String {
        String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    }

    // What the system says

    /// The process' folder, without links; nil if it has been removed.
    static var currentFolder: String? {
        // Safety: the system allocates the text, which is copied and freed.
        guard let text = unsafe getcwd(nil, 0) else { return nil }
        defer { unsafe free(text) }
        return unsafe String(cString: text)
    }

    /// - Parameter path: what is followed, for the words.
    private static func entry(_ place: String, on path: String) throws(BackendOpeningError) -> Entry {
        var status = stat()
        // Safety: the text is copied for the call.
        guard unsafe lstat(place, &status) == 0 else { throw failure(path, errno) }
        return Entry(path: place, owner: status.st_uid, mode: status.st_mode)
    }

    private static func target(of link: String) -> String? {
        let limit = Int(PATH_MAX)
        // Safety: the system writes at most as many bytes as there is room for, and says how many.
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            let start = unsafe UnsafeMutableRawPointer(buffer.baseAddress)?.assumingMemoryBound(
                to: CChar.self)
            count = unsafe start.map { max(0, unsafe readlink(link, $0, limit)) } ?? 0
        }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }

    /// As the loader says it, and the reason behind that if it is known.
    private static func failure(_ path: String, _ number: Int32) -> BackendOpeningError {
        // Safety: the text of a known number is static.
        let words = "\(path): cannot open shared object file: \(unsafe String(cString: strerror(number)))"
        return .cannotOpen(reason: CodePlace.obstacle(to: path).map { "\(words) (\($0))" } ?? words)
    }

    private static func foreign(_ entry: Entry) -> BackendOpeningError {
        .untrusted(reason: "\(entry.path) belongs to user \(entry.owner)")
    }

    private static func changeable(_ entry: Entry) -> BackendOpeningError {
        .untrusted(reason: "others may write to \(entry.path); `chmod go-w` ends that")
    }
}
