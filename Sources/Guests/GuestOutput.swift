/// Turns what a guest prints into lines for a log: bounded, printable, and not too many.
///
/// Pure: times are nanoseconds of `Monotonic`. Holds one line at most.
struct GuestOutput: Sendable {
    static let longestLine = 1024
    static let linesPerSecond = 100
    static let second = 1_000_000_000
    /// How long is read nothing after more than is told.
    static let rest = 10_000_000

    private static let mark = Array(" ...".utf8)
    private static let digits = Array("0123456789abcdef".utf8)

    private var line: [UInt8] = []
    private var isCut = false
    private var hasDropped = false
    /// When the second began in which lines are counted.
    private var secondStart: Int?
    private var lineCount = 0
    private var leftOutCount = 0
    private var restsUntil: Int?

    /// When `look` has something to tell, or reading goes on.
    var deadline: Int? {
        let report = leftOutCount > 0 ? secondStart.map { $0 + Self.second } : nil
        guard let restsUntil else { return report }
        return min(restsUntil, report ?? restsUntil)
    }

    /// Whether nothing is to be read now: who prints more than is told shall not keep the reader busy.
    var isResting: Bool { restsUntil != nil }

    /// - Returns: the lines that are complete now.
    mutating func read(_ bytes: some Sequence<UInt8>, at now: Int) -> [String] {
        var lines = look(at: now)
        let before = leftOutCount
        hasDropped = false
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                finishLine(at: now, into: &lines)
            } else {
                append(byte)
            }
        }
        if leftOutCount > before || hasDropped { restsUntil = now + Self.rest }
        return lines
    }

    /// - Returns: a remark, if lines were left out in a second that is over.
    mutating func look(at now: Int) -> [String] {
        if let until = restsUntil, until <= now { restsUntil = nil }
        guard let start = secondStart, now - start >= Self.second else { return [] }
        secondStart = nil
        return takeRemark()
    }

    /// Nothing more comes.
    /// - Returns: a last line without an end, and the remark.
    mutating func end(at now: Int) -> [String] {
        var lines = look(at: now)
        if !line.isEmpty || isCut { finishLine(at: now, into: &lines) }
        return lines + takeRemark()
    }

    private mutating func takeRemark() -> [String] {
        defer { leftOutCount = 0 }
        return leftOutCount == 0 ? [] : ["(\(leftOutCount) lines were left out)"]
    }

    private mutating func append(_ byte: UInt8) {
        guard !isCut else {
            hasDropped = true
            return
        }
        let count = line.count
        switch byte {
        case UInt8(ascii: "\t"): line += Array("\\t".utf8)
        case UInt8(ascii: "\r"): line += Array("\\r".utf8)
        case 0x20..<0x7F: line.append(byte)
        default:
            line += [
                UInt8(ascii: "\\"), UInt8(ascii: "x"), Self.digits[Int(byte >> 4)],
                Self.digits[Int(byte & 15)],
            ]
        }
        // No escape is cut in two.
        if line.count > Self.longestLine - Self.mark.count {
            line.removeLast(line.count - count)
            line += Self.mark
            isCut = true
        }
    }

    private mutating func finishLine(at now: Int, into lines: inout [String]) {
        defer {
            line.removeAll(keepingCapacity: true)
            isCut = false
        }
        if secondStart == nil {
            secondStart = now
            lineCount = 0
        }
        guard lineCount < Self.linesPerSecond else {
            leftOutCount += 1
            return
        }
        lineCount += 1
        lines.append(String(decoding: line, as: UTF8.self))
    }
}
