import CGuests
import Glibc

/// A folder of a guest's own, which only the server's user can open: for its temporary files. Removed with
/// its content when the last owner lets go, or by the next server if this one ends before.
final class GuestFolder: Sendable {
    let path: String
    /// Shows that it is in use.
    private let use: Descriptor

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

    deinit {
        // Safety: the path is copied for the call.
        unsafe guests_remove_folder(path)
    }
}
