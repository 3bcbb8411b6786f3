import Tensors
import Testing

/// What `visitElements` called, in order.
enum VisitedElement: Equatable {
    case integer(Int64)
    case unsigned(UInt64)
    case realBits(UInt64)
    case string([UInt8])

    /// Told apart by its bits, so that -0 is not 0 and not-a-number is itself.
    static func real(_ value: Double) -> VisitedElement { .realBits(value.bitPattern) }

    static func all(of tensor: Tensor) -> [VisitedElement] {
        var visited: [VisitedElement] = []
        tensor.visitElements(
            integer: { visited.append(.integer($0)) }, unsigned: { visited.append(.unsigned($0)) },
            real: { visited.append(.real($0)) },
            string: { span in visited.append(.string(span.indices.map { span[$0] })) })
        return visited
    }
}

@Suite struct TensorElementsTests {
    static let tables: [(DataType, [UInt8], [VisitedElement])] = [
        (
            .float32, bytes(of: [0x3FC0_0000, 0x8000_0000, 0x7F80_0000] as [UInt32]),
            [.real(1.5), .real(-0.0), .real(.infinity)]
        ),
        (.float64, bytes(of: [(0.1).bitPattern, (-2.5).bitPattern]), [.real(0.1), .real(-2.5)]),
        (
            .float16, bytes(of: [0x3C00, 0x8001, 0xFC00] as [UInt16]),
            [.real(1), .real(-0x1p-24), .real(-.infinity)]
        ),
        (
            .bfloat16, bytes(of: [0x3F80, 0x0001, 0xFF80] as [UInt16]),
            [.real(1), .real(0x1p-133), .real(-.infinity)]
        ),
        (.int8, [0x80, 0xFF, 0x7F], [.integer(-128), .integer(-1), .integer(127)]),
        (.int16, bytes(of: [.min, -1, .max] as [Int16]), [.integer(-32768), .integer(-1), .integer(32767)]),
        (.int32, bytes(of: [.min, 7] as [Int32]), [.integer(-2_147_483_648), .integer(7)]),
        (.int64, bytes(of: [.min, .max] as [Int64]), [.integer(.min), .integer(.max)]),
        (.uint8, [0, 255], [.integer(0), .integer(255)]),
        (.uint16, bytes(of: [0, .max] as [UInt16]), [.integer(0), .integer(65535)]),
        (.uint32, bytes(of: [0, .max] as [UInt32]), [.integer(0), .integer(4_294_967_295)]),
        (.uint64, bytes(of: [0, .max] as [UInt64]), [.unsigned(0), .unsigned(.max)]),
        (.bool, [0, 1], [.integer(0), .integer(1)]),
        (.string, [97, 0, 0, 98, 99, 0], [.string([97]), .string([]), .string([98, 99])]),
    ]

    @Test func theTableHasEveryType() {
        #expect(Self.tables.map(\.0) == DataType.allCases)
    }

    @Test(arguments: tables)
    func areVisitedInOrder(_ type: DataType, _ content: [UInt8], _ elements: [VisitedElement]) throws {
        #expect(try VisitedElement.all(of: tensor(type, [elements.count], content)) == elements)
    }

    @Test(arguments: tables)
    func areReadAtAnyAddress(_ type: DataType, _ content: [UInt8], _ elements: [VisitedElement]) throws {
        let shape = try TensorShape([elements.count])
        let held = try Tensor(type: type, shape: shape, holding: UnalignedBlock(content).shared())
        #expect(VisitedElement.all(of: held) == elements)
    }

    @Test(arguments: tables)
    func aScalarHasOne(_ type: DataType, _ content: [UInt8], _ elements: [VisitedElement]) throws {
        let first = Array(content.prefix(type.byteWidth ?? 2))
        #expect(try VisitedElement.all(of: tensor(type, [], first)) == [elements[0]])
    }

    @Test(arguments: DataType.allCases)
    func areNotVisitedIfThereAreNone(_ type: DataType) throws {
        #expect(try VisitedElement.all(of: tensor(type, [0], [])).isEmpty)
    }

    @Test func areVisitedRowByRow() throws {
        let made = try tensor(.uint8, [2, 3], [1, 2, 3, 4, 5, 6])
        #expect(VisitedElement.all(of: made) == (1...6).map { .integer($0) })
    }
}

@Suite struct StringOffsetTests {
    @Test(arguments: [
        ([1], "abc\0", [0]), ([3], "a\0\0bcd\0", [0, 2, 3]), ([2, 2], "\0\0\0\0", [0, 1, 2, 3]),
        ([0], "", []),
        ([], "x\0", [0]),
    ])
    func areWhereTheStringsBegin(_ dimensions: [Int], _ text: String, _ offsets: [Int]) throws {
        #expect(try tensor(.string, dimensions, bytes(of: text)).stringOffsets == offsets)
    }

    @Test(arguments: DataType.allCases.filter { $0 != .string })
    func areNoneForNumbers(_ type: DataType) throws {
        let zeros = try Tensor(zerosOf: type, shape: TensorShape([2]))
        #expect(zeros.stringOffsets.isEmpty)
    }
}
