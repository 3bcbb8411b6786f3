/// Walks over the words of a command, its name first; no copy, no array.
@safe
public struct ArgumentReader {
    private let vector: UnsafeMutablePointer<OpaquePointer>?
    /// All words, the command's name included.
    public let count: Int
    /// The index of the word that `next()` gives.
    public private(set) var position = 1

    /// - Parameter vector: `count` strings that live as long as the command.
    public init(vector: UnsafeMutablePointer<OpaquePointer>?, count: Int) {
        unsafe self.vector = vector
        self.count = count
    }

    /// Words not yet read.
    @inline(__always)
    public var remaining: Int { count - position }

    /// The word at an index.
    /// - Precondition: `index` is in `0..<count`.
    @inline(__always)
    public subscript(index: Int) -> Argument {
        precondition(index >= 0 && index < count, "an argument beyond the command's end")
        // Safety: the server passes `count` strings, and `index` was just checked.
        return unsafe Argument(vector.unsafelyUnwrapped[index])
    }

    /// A reader of some of the words, the first of which stands in the place of the command's name.
    /// - Precondition: the range is within `0..<count`.
    public subscript(range: Range<Int>) -> ArgumentReader {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "arguments beyond the command's end")
        // Safety: the range was just checked.
        return unsafe ArgumentReader(vector: vector.map { unsafe $0 + range.lowerBound }, count: range.count)
    }

    /// Shows the words as the server keeps them.
    @inline(__always)
    func withVector<Result>(_ body: (UnsafeMutablePointer<OpaquePointer>, Int) -> Result) -> Result {
        // Safety: only readers of no words have no vector, and nobody looks at what it does not have.
        unsafe body(vector.unsafelyUnwrapped, count)
    }

    /// The next word, which is taken; nil at the end.
    @inline(__always)
    public mutating func next() -> Argument? {
        guard position < count else { return nil }
        defer { position += 1 }
        return self[position]
    }

    /// The next word, which stays; nil at the end.
    @inline(__always)
    public var peek: Argument? { position < count ? self[position] : nil }

    /// Takes the next word if it is `word`, in any case.
    @inline(__always)
    public mutating func take(_ word: StaticString) -> Bool {
        guard let argument = peek, argument.matches(word) else { return false }
        position += 1
        return true
    }

    /// Takes `count` words.
    /// - Returns: nil if there are fewer; nothing is taken then.
    public mutating func next(_ count: Int) -> ArgumentSlice? {
        guard count >= 0, count <= remaining else { return nil }
        let start = position
        position += count
        return ArgumentSlice(words: self, indices: start..<position)
    }

    /// Takes `count` words, or all that are left if there are fewer.
    /// - Precondition: `count` is not negative.
    public mutating func next(atMost count: Int) -> ArgumentSlice {
        let start = position
        position += min(count, remaining)
        return ArgumentSlice(words: self, indices: start..<position)
    }
}

extension ArgumentReader {
    /// Words longer than this together may be too long to be copied; of others the system is not asked, which
    /// takes microseconds.
    private static let largeByteCount = 4 << 20

    /// Whether there is memory for what a command copies of its words, in arrays and texts whose failed
    /// allocation would end the server.
    public var haveRoom: Bool {
        var byteCount = 0
        for index in 0..<count { byteCount += self[index].byteCount }
        return byteCount < Self.largeByteCount || haveRoomWhenLarge
    }

    /// Names come back in texts and lists, where there are several copies. Data are copied once.
    private var haveRoomWhenLarge: Bool {
        var byteCount = 0
        var copyCount = 4
        for index in 0..<count {
            let word = self[index]
            byteCount += copyCount * word.byteCount
            if word.matches("BLOB") || word.matches("VALUES") || word.matches("SOURCE") { copyCount = 1 }
        }
        return ServerMemory.hasRoom(for: byteCount)
    }
}

/// Some words of a command, one behind the other; takes no memory.
public struct ArgumentSlice: RandomAccessCollection {
    private let words: ArgumentReader
    public let indices: Range<Int>

    public init(words: ArgumentReader, indices: Range<Int>) {
        self.words = words
        self.indices = indices
    }

    public var startIndex: Int { indices.lowerBound }
    public var endIndex: Int { indices.upperBound }

    @inline(__always)
    public subscript(index: Int) -> Argument { words[index] }
}
