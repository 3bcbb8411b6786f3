import CGuests
import Glibc

/// A folder for guests, which only the server's user can open. Removed with its content when the last owner
/// lets go, or by the next server if this one ends before.
public final class GuestFolder: Sendable {
    /// Absolute.
    public let path: String
    /// Shows that it is in use.
    private let use: Descriptor

    /// Makes one where temporary files lie.
    /// - Parameter name: removes those whose names begin so that servers have left.
    /// - Returns: nil if that is not possible.
    public convenience init?(named name: String) {
        self.init(named: name, below: GuestEnvironment.servers["TMPDIR"] ?? "/tmp")
    }

    /// Makes one, and removes those of its name that servers have left.
    /// - Returns: nil if that is not possible; `errno` says why.
    init?(named name: String, below parent: String) {
        let beginning = "redisai-\(name)-"
        var path = Array("\(parent)/\(beginning)XXXXXX".utf8CString)
        // Safety: texts are copied for the calls; the path ends with a NUL and is changed in place.
        unsafe guests_remove_left_folders(parent, beginning)
        let use = unsafe guests_make_folder(&path)
        guard use >= 0 else { return nil }
        self.path = String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        self.use = Descriptor(use)
    }

    deinit { Self.remove(path) }

    /// Makes a folder within it.
    /// - Returns: its path; nil if that is not possible.
    public func makeFolder(named name: String) -> String? {
        let place = "\(path)/\(name)"
        // Safety: the path is copied for the call.
        return unsafe mkdir(place, 0o700) == 0 ? place : nil
    }

    /// Removes a folder with all that is in it, following no link. May take long.
    public static func remove(_ path: String) {
        // Safety: the path is copied for the call.
        unsafe guests_remove_folder(path)
    }
}
