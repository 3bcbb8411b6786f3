/// The equation of an Einsum: `ij,jk->ik`, with blanks anywhere and at most one `...` in a term.
enum EinsumEquation {
    /// Whether its letters and signs are where they may be; which letters belong together is not looked at.
    static func isValid(_ text: [UInt8]) -> Bool {
        let signs = text.filter { $0 != UInt8(ascii: " ") }
        let arrow = signs.firstIndex(of: UInt8(ascii: "-"))
        guard let arrow else { return areTerms(signs[...]) }
        let behind = signs[(arrow + 1)...]
        guard behind.first == UInt8(ascii: ">") else { return false }
        return areTerms(signs[..<arrow]) && isTerm(behind.dropFirst())
    }

    private static func areTerms(_ signs: ArraySlice<UInt8>) -> Bool {
        signs.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).allSatisfy(isTerm)
    }

    /// Letters, and three dots at one place.
    private static func isTerm(_ signs: ArraySlice<UInt8>) -> Bool {
        let rest = signs.filter { !isLetter($0) }
        guard !rest.isEmpty else { return true }
        guard let first = signs.firstIndex(of: UInt8(ascii: ".")) else { return false }
        return rest.count == 3 && signs[first...].prefix(3).allSatisfy { $0 == UInt8(ascii: ".") }
            && signs[first...].count >= 3
    }

    private static func isLetter(_ sign: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(sign)
            || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(sign)
    }
}
