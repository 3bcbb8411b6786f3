import Glibc

/// What the system tells of one process, in its folder of `/proc`.
///
/// An open folder never tells of another process that got the same number later. It also keeps the kernel
/// from making it anew, for which the rules of a sandbox, that let a guest read its own, would not count.
struct ProcessFolder: Sendable {
    private static let longestReport = 8192

    private let folder: Descriptor

    /// - Returns: nil if there is no such folder.
    init?(pid: Int) {
        guard let folder = Descriptor(opening: "/proc/\(pid)", O_RDONLY | O_DIRECTORY) else { return nil }
        self.folder = folder
    }

    /// Bytes in memory that belong to no file; nil if the process has ended.
    var memoryByteCount: Int? {
        // Safety: the name is copied for the call.
        let file = unsafe openat(folder.number, "status", O_RDONLY | O_CLOEXEC)
        guard file >= 0, let bytes = Descriptor(file).read(upTo: Self.longestReport) else { return nil }
        return Self.memoryByteCount(inStatus: String(decoding: bytes, as: UTF8.self))
    }

    /// - Parameter text: lines like `RssAnon:      4096 kB`.
    static func memoryByteCount(inStatus text: String) -> Int? {
        var sum: Int?
        for line in text.split(separator: "\n") {
            let words = line.split { $0 == " " || $0 == "\t" }
            guard words.count == 3, words[0] == "RssAnon:" || words[0] == "RssShmem:",
                let kibibytes = Int(words[1])
            else { continue }
            sum = (sum ?? 0) + kibibytes * 1024
        }
        return sum
    }
}
