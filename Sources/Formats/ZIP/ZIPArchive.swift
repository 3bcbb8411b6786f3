/// The entries of a ZIP archive in memory, read with distrust: what is odd is refused, not mended.
///
/// Writers of SavedModels need nothing of what is refused: archives beyond 4 GiB, encryption, links, other
/// ways of packing, several disks. Nothing that an entry says of its size is believed before it is unpacked.
package struct ZIPArchive {
    /// Why an archive is refused.
    package enum Refusal: Error, Equatable {
        case malformed
        case unsafeName(String)
        case duplicateName(String)
        case notSupported(String)
        case tooLarge
        case damaged(String)
        case outOfMemory

        /// What is wrong, for an error.
        package var text: String {
            switch self {
            case .malformed: "it is not a ZIP file"
            case .unsafeName(let name): "an entry may not be named '\(name.oneLine)'"
            case .duplicateName(let name): "two entries are named '\(name.oneLine)'"
            case .notSupported(let what): "\(what) is not supported"
            case .tooLarge: "it unpacks to more than 4 GiB, or to more than 100 times its size"
            case .damaged(let name): "the entry '\(name.oneLine)' is damaged"
            case .outOfMemory: "there is not enough memory to unpack it"
            }
        }
    }

    package struct Entry {
        package let name: String
        /// Bytes when unpacked, as the archive says.
        package let byteCount: Int
        fileprivate let packedCount: Int
        fileprivate let isPacked: Bool
        fileprivate let checksum: UInt32
        fileprivate let start: Int
    }

    package private(set) var entries: [Entry] = []

    /// What entries may make together, and how much more than the archive itself; small ones may repeat more.
    package static let maximumByteCount = 4 << 30
    package static let maximumFactor = 100
    private static let mostEntries = 10_000
    private static let directorySize = 46
    private static let endSize = 22
    private static let localSize = 30

    /// Whether the bytes begin as an archive does.
    package static func isArchive(_ bytes: Span<UInt8>) -> Bool {
        bytes.count >= 4 && bytes.number(at: 0, width: 4) == 0x0403_4B50
    }

    /// Reads the list of entries at the archive's end.
    package init(_ bytes: Span<UInt8>) throws(Refusal) {
        let end = try Self.end(of: bytes)
        let count = bytes.number(at: end + 10, width: 2)
        var place = bytes.number(at: end + 16, width: 4)
        guard place != 0xFFFF_FFFF, count != 0xFFFF else { throw .notSupported("ZIP64") }
        guard bytes.number(at: end + 4, width: 4) == 0, bytes.number(at: end + 8, width: 2) == count,
            count <= Self.mostEntries, place + bytes.number(at: end + 12, width: 4) == end
        else { throw .malformed }
        var names: Set<String> = []
        var total = 0
        for _ in 0..<count {
            guard let entry = try Self.entry(bytes, &place, end: end) else { continue }
            guard names.insert(entry.name).inserted else { throw .duplicateName(entry.name) }
            total += entry.byteCount
            entries.append(entry)
        }
        guard place == end else { throw .malformed }
        guard total <= min(Self.maximumByteCount, max(1 << 20, Self.maximumFactor * bytes.count)) else {
            throw .tooLarge
        }
    }

    /// The record that ends the archive; only a comment may follow.
    private static func end(of bytes: Span<UInt8>) throws(Refusal) -> Int {
        guard bytes.count >= endSize else { throw .malformed }
        for place in (max(0, bytes.count - endSize - 0xFFFF)...(bytes.count - endSize)).reversed()
        where bytes.number(at: place, width: 4) == 0x0605_4B50 {
            if place + endSize + bytes.number(at: place + 20, width: 2) == bytes.count { return place }
        }
        throw .malformed
    }

    /// The entry listed at a place, which moves behind it; nil for a folder.
    private static func entry(
        _ bytes: Span<UInt8>, _ place: inout Int, end: Int
    ) throws(Refusal) -> Entry? {
        guard place + directorySize <= end, bytes.number(at: place, width: 4) == 0x0201_4B50 else {
            throw .malformed
        }
        let start = place
        let nameCount = bytes.number(at: start + 28, width: 2)
        place += directorySize + nameCount
        guard place <= end else { throw .malformed }
        let name = bytes.text(start + directorySize..<place)
        place += bytes.number(at: start + 30, width: 2) + bytes.number(at: start + 32, width: 2)
        try check(name)
        let flags = bytes.number(at: start + 8, width: 2)
        guard flags & 0x2041 == 0 else { throw .notSupported("encryption") }
        let method = bytes.number(at: start + 10, width: 2)
        guard method == 0 || method == 8 else { throw .notSupported("method \(method) of packing") }
        // Where the writer is a Unix, the upper half is a file's mode: only plain files and folders.
        let kind = bytes.number(at: start + 40, width: 2) >> 12
        let isUnix = bytes.number(at: start + 5, width: 1) == 3
        guard !isUnix || [0, 4, 8].contains(kind) else { throw .notSupported("a link") }
        let (packed, size) = (
            bytes.number(at: start + 20, width: 4), bytes.number(at: start + 24, width: 4)
        )
        let local = bytes.number(at: start + 42, width: 4)
        guard packed != 0xFFFF_FFFF, size != 0xFFFF_FFFF, local != 0xFFFF_FFFF else {
            throw .notSupported("ZIP64")
        }
        let content = try contentStart(bytes, local, name: name)
        guard packed <= end - content, method == 8 || packed == size else { throw .malformed }
        guard !name.hasSuffix("/") else { return nil }
        return Entry(
            name: name, byteCount: size, packedCount: packed, isPacked: method == 8,
            checksum: UInt32(bytes.number(at: start + 16, width: 4)), start: content)
    }

    /// Where the bytes of an entry begin: behind its own header, which must name the same entry.
    private static func contentStart(
        _ bytes: Span<UInt8>, _ place: Int, name: String
    ) throws(Refusal) -> Int {
        guard place + localSize <= bytes.count, bytes.number(at: place, width: 4) == 0x0403_4B50 else {
            throw .malformed
        }
        let nameEnd = place + localSize + bytes.number(at: place + 26, width: 2)
        let start = nameEnd + bytes.number(at: place + 28, width: 2)
        guard start <= bytes.count, bytes.text(place + localSize..<nameEnd) == name else { throw .malformed }
        return start
    }

    /// Names are not used as paths; those that could only serve to leave the folder are refused all the same.
    private static func check(_ name: String) throws(Refusal) {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        let isOdd =
            name.isEmpty || name.hasPrefix("/") || name.utf8.contains(0) || name.contains("\\")
            || parts.contains("..") || parts.contains(".") || parts.first?.hasSuffix(":") == true
        guard !isOdd else { throw .unsafeName(name) }
    }

    /// An entry's bytes; the caller has seen to it that there is room for twice as many.
    package func content(_ entry: Entry, _ bytes: Span<UInt8>) throws(Refusal) -> [UInt8] {
        let range = entry.start..<entry.start + entry.packedCount
        let content: [UInt8]
        if entry.isPacked {
            do throws(Inflate.Failure) {
                content = try Inflate.unpack(bytes, range, byteCount: entry.byteCount)
            } catch {
                throw .damaged(entry.name)
            }
        } else {
            content = range.map { bytes[$0] }
        }
        guard Checksum.of(content) == entry.checksum else { throw .damaged(entry.name) }
        return content
    }
}

extension Span<UInt8> {
    /// A number of some bytes, the lowest first.
    /// - Precondition: the bytes are there.
    fileprivate func number(at place: Int, width: Int) -> Int {
        (0..<width).reduce(0) { $0 | Int(self[place + $1]) << (8 * $1) }
    }
}

/// The checksum of ZIP archives: CRC-32.
private enum Checksum {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 0 ? value >> 1 : value >> 1 ^ 0xEDB8_8320 }
    }

    static func of(_ bytes: [UInt8]) -> UInt32 {
        let table = table
        var value = UInt32.max
        for byte in bytes { value = value >> 8 ^ table[Int((value ^ UInt32(byte)) & 0xFF)] }
        return ~value
    }
}
