/// A requirement that pip may be given: a package's name, extras, versions, and nothing else.
///
/// What pip would take beside these reaches further than a package of its index: options, paths, addresses.
struct PackageRequirement: Equatable {
    /// Of one session.
    static let countLimit = 100
    /// In bytes.
    static let lengthLimit = 200

    private static let operators = ["===", "~=", "==", "!=", "<=", ">=", "<", ">"].map { Array($0.utf8) }

    /// `name[extra,other]>=1.2,<2`, without blanks.
    let text: String

    /// - Throws: `.invalid`.
    init(_ bytes: [UInt8]) throws(RequirementError) {
        let text = bytes.filter { $0 != UInt8(ascii: " ") }
        var rest = bytes[...].trimmed
        guard bytes.count <= Self.lengthLimit, Self.takeName(&rest), Self.takeExtras(&rest),
            Self.takeVersions(&rest), rest.isEmpty
        else {
            let shown = bytes.prefix(Self.lengthLimit).map {
                (0x20..<0x7F).contains($0) ? $0 : UInt8(ascii: "?")
            }
            throw .invalid(String(decoding: shown, as: UTF8.self))
        }
        self.text = String(decoding: text, as: UTF8.self)
    }

    /// - Throws: `.invalid`, `.tooMany`.
    static func all(of requirements: [[UInt8]]) throws(RequirementError) -> [PackageRequirement] {
        guard requirements.count <= countLimit else { throw .tooMany(limit: countLimit) }
        var all: [PackageRequirement] = []
        for requirement in requirements { all.append(try PackageRequirement(requirement)) }
        return all
    }

    // MARK: Parts, each taken off the front with the blanks behind it

    private static func takeName(_ rest: inout ArraySlice<UInt8>) -> Bool {
        let name = rest.prefix { $0.isAlphanumeric || "._-".utf8.contains($0) }
        guard let first = name.first, let last = name.last, first.isAlphanumeric, last.isAlphanumeric else {
            return false
        }
        rest = rest.dropFirst(name.count).trimmed
        return true
    }

    private static func takeExtras(_ rest: inout ArraySlice<UInt8>) -> Bool {
        guard rest.first == UInt8(ascii: "[") else { return true }
        repeat {
            rest = rest.dropFirst().trimmed
            guard takeName(&rest) else { return false }
        } while rest.first == UInt8(ascii: ",")
        guard rest.first == UInt8(ascii: "]") else { return false }
        rest = rest.dropFirst().trimmed
        return true
    }

    private static func takeVersions(_ rest: inout ArraySlice<UInt8>) -> Bool {
        guard !rest.isEmpty else { return true }
        while true {
            guard let sign = operators.first(where: { rest.starts(with: $0) }) else { return false }
            rest = rest.dropFirst(sign.count).trimmed
            let version = rest.prefix { $0.isAlphanumeric || ".*+!_-".utf8.contains($0) }
            guard version.first?.isAlphanumeric == true else { return false }
            rest = rest.dropFirst(version.count).trimmed
            guard rest.first == UInt8(ascii: ",") else { return true }
            rest = rest.dropFirst().trimmed
        }
    }
}

extension ArraySlice<UInt8> {
    /// Without blanks at both ends.
    fileprivate var trimmed: Self {
        let blank = UInt8(ascii: " ")
        guard let last = lastIndex(where: { $0 != blank }) else { return [] }
        return self[startIndex...last].drop { $0 == blank }
    }
}

extension UInt8 {
    fileprivate var isAlphanumeric: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
