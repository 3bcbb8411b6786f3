/// Unpacks bytes that are packed by DEFLATE (RFC 1951); a value that walks over them once.
package struct Inflate {
    /// What is wrong with the packed bytes.
    package enum Failure: Error {
        /// They are not of the format, or end too early.
        case malformed
        /// They make more than they are said to make.
        case tooLong
    }

    /// Codes of one alphabet, by length: how many there are, and the symbols in the order of their codes.
    private struct Alphabet {
        private static let longest = 15
        private var counts = [Int](repeating: 0, count: longest + 1)
        private var symbols: [Int] = []

        /// - Throws: `.malformed` if more codes are asked for than there are.
        init(lengths: some Collection<Int>) throws(Failure) {
            for length in lengths { counts[length] += 1 }
            var free = 1
            for length in 1...Self.longest {
                free = 2 * free - counts[length]
                guard free >= 0 else { throw .malformed }
            }
            for length in 1...Self.longest {
                for (symbol, own) in lengths.enumerated() where own == length { symbols.append(symbol) }
            }
        }

        /// The next symbol of the input.
        func next(_ input: inout Inflate, _ bytes: Span<UInt8>) throws(Failure) -> Int {
            var (code, first, index) = (0, 0, 0)
            for length in 1...Self.longest {
                code |= try input.bits(1, bytes)
                let count = counts[length]
                if code - count < first { return symbols[index + code - first] }
                index += count
                first = (first + count) << 1
                code <<= 1
            }
            throw .malformed
        }
    }

    private var position: Int
    private let end: Int
    private var held = 0
    private var heldCount = 0
    private let limit: Int
    private var output: [UInt8] = []

    /// - Parameters:
    ///   - range: where the packed bytes are.
    ///   - byteCount: what they make.
    /// - Throws: also if they make less.
    package static func unpack(
        _ bytes: Span<UInt8>, _ range: Range<Int>, byteCount: Int
    ) throws(Failure) -> [UInt8] {
        var inflate = Inflate(range, byteCount: byteCount)
        try inflate.run(bytes)
        guard inflate.output.count == byteCount else { throw .malformed }
        return inflate.output
    }

    private init(_ range: Range<Int>, byteCount: Int) {
        position = range.lowerBound
        end = range.upperBound
        limit = byteCount
        // What is said may be a lie, so the memory is taken as it is needed.
        output.reserveCapacity(min(byteCount, 8 * range.count))
    }

    private mutating func run(_ bytes: Span<UInt8>) throws(Failure) {
        while true {
            let isLast = try bits(1, bytes) == 1
            switch try bits(2, bytes) {
            case 0: try copyStored(bytes)
            case 1: try copy(bytes, Self.fixedLiterals(), Self.fixedDistances())
            case 2:
                let (literals, distances) = try alphabets(bytes)
                try copy(bytes, literals, distances)
            default: throw .malformed
            }
            if isLast { return }
        }
    }

    /// The next bits, the lowest first.
    private mutating func bits(_ count: Int, _ bytes: Span<UInt8>) throws(Failure) -> Int {
        while heldCount < count {
            guard position < end else { throw .malformed }
            held |= Int(bytes[position]) << heldCount
            position += 1
            heldCount += 8
        }
        defer {
            held >>= count
            heldCount -= count
        }
        return held & (1 << count - 1)
    }

    private mutating func copyStored(_ bytes: Span<UInt8>) throws(Failure) {
        (held, heldCount) = (0, 0)
        let length = try bits(16, bytes)
        guard try bits(16, bytes) == ~length & 0xFFFF, length <= end - position else { throw .malformed }
        guard length <= limit - output.count else { throw .tooLong }
        for index in position..<position + length { output.append(bytes[index]) }
        position += length
    }

    private mutating func copy(
        _ bytes: Span<UInt8>, _ literals: Alphabet, _ distances: Alphabet
    ) throws(Failure) {
        while true {
            let symbol = try literals.next(&self, bytes)
            guard symbol != 256 else { return }
            guard symbol > 256 else {
                guard output.count < limit else { throw .tooLong }
                output.append(UInt8(symbol))
                continue
            }
            guard symbol - 257 < Self.lengths.count else { throw .malformed }
            let (base, extra) = Self.lengths[symbol - 257]
            let length = base + (try bits(extra, bytes))
            let code = try distances.next(&self, bytes)
            guard code < Self.distances.count else { throw .malformed }
            let distance = Self.distances[code].0 + (try bits(Self.distances[code].1, bytes))
            guard distance <= output.count else { throw .malformed }
            guard length <= limit - output.count else { throw .tooLong }
            // May overlap what it makes, so byte by byte.
            for _ in 0..<length { output.append(output[output.count - distance]) }
        }
    }

    /// The alphabets of a block that brings its own, themselves packed.
    private mutating func alphabets(
        _ bytes: Span<UInt8>
    ) throws(Failure) -> (literals: Alphabet, distances: Alphabet) {
        let literalCount = try bits(5, bytes) + 257
        let distanceCount = try bits(5, bytes) + 1
        var orders = [Int](repeating: 0, count: 19)
        for index in 0..<(try bits(4, bytes) + 4) { orders[Self.order[index]] = try bits(3, bytes) }
        let code = try Alphabet(lengths: orders)
        var lengths: [Int] = []
        while lengths.count < literalCount + distanceCount {
            let symbol = try code.next(&self, bytes)
            switch symbol {
            case 0..<16: lengths.append(symbol)
            case 16:
                guard let last = lengths.last else { throw .malformed }
                lengths += [Int](repeating: last, count: try bits(2, bytes) + 3)
            case 17: lengths += [Int](repeating: 0, count: try bits(3, bytes) + 3)
            default: lengths += [Int](repeating: 0, count: try bits(7, bytes) + 11)
            }
        }
        guard lengths.count == literalCount + distanceCount else { throw .malformed }
        return (
            try Alphabet(lengths: lengths[..<literalCount]), try Alphabet(lengths: lengths[literalCount...])
        )
    }

    private static func fixedLiterals() throws(Failure) -> Alphabet {
        try Alphabet(
            lengths: (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 })
    }

    private static func fixedDistances() throws(Failure) -> Alphabet {
        try Alphabet(lengths: [Int](repeating: 5, count: 30))
    }

    /// The order in which a block gives the lengths of its lengths' codes.
    private static let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

    /// Of symbols from 257 on: the shortest length, and how many bits are added to it.
    private static let lengths: [(Int, Int)] = {
        var table = steps(from: 3, repeating: 4, first: 8, count: 28)
        table.append((258, 0))
        return table
    }()

    /// Of each distance's symbol: the shortest distance, and how many bits are added to it.
    private static let distances = steps(from: 1, repeating: 2, first: 4, count: 30)

    /// Values with 0 more bits, `first` of them, then with one more bit after every `repeating` values.
    private static func steps(from start: Int, repeating: Int, first: Int, count: Int) -> [(Int, Int)] {
        var value = start
        return (0..<count).map { index in
            let extra = index < first ? 0 : (index - first) / repeating + 1
            defer { value += 1 << extra }
            return (value, extra)
        }
    }
}
