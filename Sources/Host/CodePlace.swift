import CHost
import Glibc

/// Whether code may come from a file: services are kept from most folders, and the loader says little of it.
public enum CodePlace {
    /// What keeps this process from running code of a file, with what to do; nil if nothing is seen.
    ///
    /// - Parameter path: absolute. Where nothing lies there, nothing is in the way.
    public static func obstacle(to path: String) -> String? {
        for folder in folders(above: path) where isDenied(folder, X_OK) {
            return "the server's user may not enter \(folder), or its service hides it; " + advice
        }
        if isDenied(path, R_OK) { return "the server's user may not read it" }
        if isWithoutCode(path) {
            return "its file system is mounted noexec, or the server's service runs no code from there; "
                + advice
        }
        return nil
    }

    private static let advice = "`make install` lays it where services may run code"

    /// The outermost first.
    private static func folders(above path: String) -> [String] {
        let bytes = Array(path.utf8)
        return bytes.indices.dropFirst().filter { bytes[$0] == UInt8(ascii: "/") }
            .map { String(decoding: bytes[..<$0], as: UTF8.self) }
    }

    private static func isDenied(_ path: String, _ mode: Int32) -> Bool {
        // Safety: the path is copied for the call.
        unsafe access(path, mode) != 0 && errno == EACCES
    }

    private static func isWithoutCode(_ path: String) -> Bool {
        // Safety: the path is copied for the call.
        unsafe host_is_without_code(path)
    }
}
