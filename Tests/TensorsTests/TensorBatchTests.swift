import Testing

@testable import Tensors

/// Requests for batches: what a row holds can be told from its number.
enum BatchSamples {
    /// The bytes of so many elements, the first one with this number; strings differ in length, some are
    /// empty.
    static func elements(_ type: DataType, from first: Int, count: Int) -> [UInt8] {
        (first..<first + count).flatMap { number -> [UInt8] in
            switch type {
            case .string: Array(repeating: UInt8(97 + number % 26), count: number % 4) + [0]
            case .bool: [UInt8(number % 2)]
            default: (0..<(type.byteWidth ?? 0)).map { UInt8(truncatingIfNeeded: number * 16 + $0) }
            }
        }
    }

    /// A tensor `[rows, ...rest]` whose first row is the given one.
    static func rows(_ type: DataType, from first: Int, count: Int, rest: [Int]) throws -> Tensor {
        let width = rest.reduce(1, *)
        return try tensor(
            type, [count] + rest, elements(type, from: first * width, count: count * width))
    }

    /// One tensor for each number of rows, the rows counted through.
    static func parts(_ type: DataType, rows: [Int], rest: [Int]) throws -> [Tensor] {
        var first = 0
        return try rows.map { count in
            defer { first += count }
            return try Self.rows(type, from: first, count: count, rest: rest)
        }
    }

    static let types = DataType.allCases
    static let rests: [[Int]] = [[], [1], [3], [2, 2], [1, 2, 1, 3], [0], [2, 0]]
    /// All rows of three requests with up to two rows each.
    static let rowsOfThree: [[Int]] = (0..<27).map { [$0 / 9, $0 / 3 % 3, $0 % 3] }
}

/// What a tensor is, to be compared as a whole.
struct TensorValue: Equatable {
    let type: DataType
    let dimensions: [Int]
    let content: [UInt8]

    init(_ tensor: Tensor) {
        type = tensor.type
        dimensions = tensor.shape.dimensions
        content = tensor.content
    }

    init?(_ tensor: Tensor?) {
        guard let tensor else { return nil }
        self.init(tensor)
    }
}

@Suite struct TensorBatchJoinTests {
    @Test(arguments: BatchSamples.types, BatchSamples.rests)
    func putsTheRowsOfAllRequestsOneAfterTheOther(_ type: DataType, _ rest: [Int]) throws {
        let parts = try BatchSamples.parts(type, rows: [2, 1, 3], rest: rest)
        let joined = try TensorBatch.join(parts.map { [$0] })
        #expect(
            try joined.map { TensorValue($0) }
                == [TensorValue(BatchSamples.rows(type, from: 0, count: 6, rest: rest))])
    }

    @Test(arguments: [DataType.float32, .bool, .string], BatchSamples.rowsOfThree)
    func takesRequestsWithAnyNumberOfRows(_ type: DataType, _ rows: [Int]) throws {
        let parts = try BatchSamples.parts(type, rows: rows, rest: [2])
        let joined = try TensorBatch.join(parts.map { [$0] })
        #expect(
            try joined.map { TensorValue($0) }
                == [TensorValue(BatchSamples.rows(type, from: 0, count: rows.reduce(0, +), rest: [2]))])
    }

    @Test func joinsEachInputWithThoseOfTheSamePlace() throws {
        let joined = try TensorBatch.join([
            [tensor(.int8, [1, 2], [1, 2]), tensor(.string, values: "a")],
            [tensor(.int8, [2, 2], [3, 4, 5, 6]), tensor(.string, values: "", "bc")],
        ])
        #expect(
            try joined.map { TensorValue($0) }
                == [
                    TensorValue(tensor(.int8, [3, 2], [1, 2, 3, 4, 5, 6])),
                    TensorValue(tensor(.string, values: "a", "", "bc")),
                ])
    }

    @Test func keepsTheRequestsInOrder() throws {
        let joined = try TensorBatch.join((0..<40).map { [try tensor(.uint8, [1], [40 - $0])] })
        #expect(joined.map(\.content) == [(0..<40).map { 40 - $0 }])
    }

    @Test func joinedStringsCanBeTakenApart() throws {
        let joined = try TensorBatch.join([
            [tensor(.string, values: "one", "")], [tensor(.string, values: "three")],
        ])
        #expect(joined.map(\.stringOffsets) == [[0, 4, 5]])
        #expect(
            joined.map { VisitedElement.all(of: $0) }
                == [[.string(bytes(of: "one")), .string([]), .string(bytes(of: "three"))]])
    }

    @Test func noRequestsGiveNoInputs() throws {
        #expect(try TensorBatch.join([]).isEmpty)
    }

    @Test func requestsWithoutInputsGiveNone() throws {
        #expect(try TensorBatch.join([[], []]).isEmpty)
    }

    @Test func oneRequestGivesACopyOfItsInputs() throws {
        let input = try tensor(.int16, [2], bytes(of: [1, 2] as [Int16]))
        #expect(try TensorBatch.join([[input]]).map { TensorValue($0) } == [TensorValue(input)])
    }

    @Test(arguments: [1, 63, 64, 65, 1000])
    func theResultIsAligned(_ rows: Int) throws {
        let parts = try BatchSamples.parts(.int8, rows: [1, rows], rest: [])
        #expect(try TensorBatch.join(parts.map { [$0] }).allSatisfy(\.isAligned))
    }

    @Test func takesInputsThatAreNotAligned() throws {
        let content: [UInt8] = (0..<64).map { $0 }
        let held = try Tensor(
            type: .int32, shape: TensorShape([16]), holding: UnalignedBlock(content).shared())
        let joined = try TensorBatch.join([[held], [held]])
        #expect(joined.map(\.content) == [content + content])
    }

    @Test func doesNotChangeItsInputs() throws {
        let parts = try BatchSamples.parts(.float64, rows: [2, 3], rest: [2])
        let before = parts.map { TensorValue($0) }
        _ = try TensorBatch.join(parts.map { [$0] })
        #expect(parts.map { TensorValue($0) } == before)
    }

    @Test(arguments: [[Int.max, 0], [1 << 40, 0, 1 << 22]])
    func refusesMoreRowsThanCanBeCounted(_ dimensions: [Int]) throws {
        let large = try tensor(.float32, dimensions, [])
        #expect(throws: TensorError.shapeTooLarge) { try TensorBatch.join([[large], [large]]) }
    }

    @Test func refusesMoreBytesThanCanBeCounted() throws {
        let count = 1 << 62
        let large = try Tensor(
            type: .int8, shape: TensorShape([count]),
            holding: SharedBytes(start: UnsafeRawPointer(bitPattern: 64), count: count) {})
        #expect(throws: TensorError.shapeTooLarge) { try TensorBatch.join([[large], [large]]) }
    }

    @Test func refusesWhatNoMemoryHolds() throws {
        let count = 1 << 60
        let large = try Tensor(
            type: .int8, shape: TensorShape([count]),
            holding: SharedBytes(start: UnsafeRawPointer(bitPattern: 64), count: count) {})
        #expect(throws: TensorError.outOfMemory(byteCount: 2 * count)) {
            try TensorBatch.join([[large], [large]])
        }
    }
}

@Suite struct TensorBatchSplitTests {
    @Test(arguments: BatchSamples.types, BatchSamples.rests)
    func givesEachRequestItsRows(_ type: DataType, _ rest: [Int]) throws {
        let whole = try BatchSamples.rows(type, from: 0, count: 6, rest: rest)
        let parts = try TensorBatch.split([whole], rows: [2, 1, 3])
        #expect(
            try parts.map { $0.map { TensorValue($0) } }
                == BatchSamples.parts(type, rows: [2, 1, 3], rest: rest).map { [TensorValue($0)] })
    }

    @Test(arguments: [DataType.float32, .bool, .string], BatchSamples.rowsOfThree)
    func takesApartWhatWasJoined(_ type: DataType, _ rows: [Int]) throws {
        let requests = try BatchSamples.parts(type, rows: rows, rest: [2]).map { [$0] }
        let parts = try TensorBatch.split(TensorBatch.join(requests), rows: rows)
        #expect(parts.map { $0.map { TensorValue($0) } } == requests.map { $0.map { TensorValue($0) } })
    }

    @Test func stringsBeginWhereTheirPartBegins() throws {
        let whole = try tensor(
            .string, [4, 2], values: ["ab", "", "c", "defg", "", "", "h", "ij"].map { bytes(of: $0) })
        let parts = try TensorBatch.split([whole], rows: [1, 2, 1]).compactMap { $0[0] }
        #expect(parts.map(\.stringOffsets) == [[0, 3], [0, 2, 7, 8], [0, 2]])
        #expect(
            parts.map(\.content)
                == [bytes(of: "ab\0\0"), bytes(of: "c\0defg\0\0\0"), bytes(of: "h\0ij\0")])
        #expect(
            parts.map { VisitedElement.all(of: $0) }
                == [["ab", ""], ["c", "defg", "", ""], ["h", "ij"]].map { part in
                    part.map { .string(bytes(of: $0)) }
                })
    }

    @Test func outputsMayDifferInEverythingButTheirRows() throws {
        let parts = try TensorBatch.split(
            [
                tensor(.int8, [3, 2], [1, 2, 3, 4, 5, 6]), tensor(.string, values: "x", "yz", ""),
                tensor(.bool, [3], [1, 0, 1]),
            ], rows: [1, 2])
        #expect(
            try parts.map { $0.map { TensorValue($0) } }
                == [
                    [
                        TensorValue(tensor(.int8, [1, 2], [1, 2])), TensorValue(tensor(.string, values: "x")),
                        TensorValue(tensor(.bool, [1], [1])),
                    ],
                    [
                        TensorValue(tensor(.int8, [2, 2], [3, 4, 5, 6])),
                        TensorValue(tensor(.string, values: "yz", "")),
                        TensorValue(tensor(.bool, [2], [0, 1])),
                    ],
                ])
    }

    @Test func aModelWithoutOutputsGivesEachRequestNone() throws {
        #expect(try TensorBatch.split([], rows: [1, 2]).map(\.count) == [0, 0])
    }

    @Test func requestsWithoutRowsGetNone() throws {
        let parts = try TensorBatch.split([tensor(.float32, [0, 3], [])], rows: [0, 0])
        #expect(parts.map { $0[0]?.shape.dimensions } == [[0, 3], [0, 3]])
    }

    @Test func everyPartIsAligned() throws {
        let whole = try tensor(.int8, [70], Array(repeating: 1, count: 70))
        let parts = try TensorBatch.split([whole], rows: [1, 66, 3])
        #expect(parts.allSatisfy { $0.allSatisfy { $0?.isAligned == true } })
    }

    @Test func noPartKeepsTheWholeOutput() throws {
        var whole: Tensor? = try tensor(.int8, [2], [1, 2])
        weak let output = whole
        let parts = try TensorBatch.split([whole], rows: [1, 1])
        whole = nil
        #expect(output == nil && parts.map { $0[0]?.content } == [[1], [2]])
    }

    @Test(arguments: [
        ([1, 4], [1, 2], 1), ([2, 4], [1, 2], 2), ([4], [1, 2], 4), ([0, 4], [1], 0), ([1], [], 1),
    ])
    func refusesAnOutputWithAnotherNumberOfRows(_ dimensions: [Int], _ rows: [Int], _ actual: Int) throws {
        let count = dimensions.reduce(1, *)
        let output = try tensor(.int8, dimensions, Array(repeating: 7, count: count))
        #expect(
            throws: TensorBatch.SplitError.rowCountMismatch(expected: rows.reduce(0, +), actual: actual)
        ) { try TensorBatch.split([output], rows: rows) }
    }

    @Test func refusesAScalarAlsoForOneRow() throws {
        let scalar = try tensor(.int8, [], [7])
        #expect(throws: TensorBatch.SplitError.rowCountMismatch(expected: 1, actual: nil)) {
            try TensorBatch.split([scalar], rows: [1])
        }
    }

    @Test func refusesAnOutputThatIsNotATensor() throws {
        let output = try tensor(.int8, [2], [1, 2])
        #expect(throws: TensorBatch.SplitError.rowCountMismatch(expected: 2, actual: nil)) {
            try TensorBatch.split([output, nil], rows: [1, 1])
        }
    }
}

@Suite struct BatchSignatureTests {
    static func signature(_ inputs: [(DataType, [Int])]) throws -> BatchSignature {
        BatchSignature(try inputs.map { try Tensor(zerosOf: $0.0, shape: TensorShape($0.1)) })
    }

    @Test(arguments: [[[2], [3]], [[0], [1]], [[1, 4, 5], [9, 4, 5]], [[0, 2], [7, 2]]])
    func isTheSameForOtherRows(_ shapes: [[Int]]) throws {
        let signatures = try shapes.map { try Self.signature([(.float32, $0)]) }
        #expect(signatures[0] == signatures[1])
    }

    @Test(arguments: [
        ([2], [2, 1]), ([2, 3], [2, 4]), ([2, 3], [2, 3, 1]), ([2, 3, 4], [2, 4, 3]), ([2, 0], [2, 1]),
    ])
    func differsWithTheShapeOfARow(_ one: [Int], _ other: [Int]) throws {
        #expect(try Self.signature([(.float32, one)]) != Self.signature([(.float32, other)]))
    }

    /// An INT32 and a FLOAT row have the same number of bytes, and must not be taken for each other.
    @Test(arguments: DataType.allCases)
    func differsWithTheType(_ type: DataType) throws {
        let others = DataType.allCases.filter { $0 != type }
        let signature = try Self.signature([(type, [2, 2])])
        #expect(try others.allSatisfy { try Self.signature([($0, [2, 2])]) != signature })
    }

    @Test func differsWithTheNumberOfInputs() throws {
        #expect(
            try Self.signature([(.int8, [1])]) != Self.signature([(.int8, [1]), (.int8, [1])]))
    }

    @Test func differsWithTheOrderOfInputs() throws {
        #expect(
            try Self.signature([(.int8, [1, 2]), (.int8, [1, 3])])
                != Self.signature([(.int8, [1, 3]), (.int8, [1, 2])]))
    }

    /// Where one input ends and the next begins is told by the ranks.
    @Test func isNotMisledByNumbersThatLookAlike() throws {
        let type = Int(DataType.float64.rawValue)
        #expect(
            try Self.signature([(.float32, [1, type]), (.float64, [1])])
                != Self.signature([(.float32, [1, type, 1])]))
    }

    @Test(
        arguments: [
            ([[3]], 3), ([[0, 2]], 0), ([[2, 5], [2], [2, 1, 1]], 2), ([], nil), ([[]], nil),
            ([[1], []], nil),
            ([[1], [2]], nil), ([[2, 2], [1, 2]], nil),
        ] as [([[Int]], Int?)])
    func rowsAreThoseThatAllInputsHave(_ shapes: [[Int]], _ rows: Int?) throws {
        let inputs = try shapes.map { try Tensor(zerosOf: .int8, shape: TensorShape($0)) }
        #expect(TensorBatch.rowCount(of: inputs) == rows)
    }
}
