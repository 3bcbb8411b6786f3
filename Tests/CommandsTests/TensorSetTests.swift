import CRedisModule
import Tensors
import Testing

@testable import Commands
@testable import Redis

@Suite struct TensorSetTests {
    static func tensor(_ line: Line) throws -> Tensor { try line.parsed(as: TensorSet.self).tensor }

    @Test func readsTheKey() throws {
        #expect(try Line("AI.TENSORSET my:key FLOAT 1").parsed(as: TensorSet.self).key.word == "my:key")
    }

    @Test(
        arguments: [
            ("AI.TENSORSET k FLOAT 2", .float32, [2]), ("ai.tensorset k double 2 3", .float64, [2, 3]),
            ("AI.TENSORSET k Float16 1", .float16, [1]),
            ("AI.TENSORSET k BFLOAT16 1 1 1 1", .bfloat16, [1, 1, 1, 1]),
            ("AI.TENSORSET k INT8 0", .int8, [0]), ("AI.TENSORSET k UINT64 0 5", .uint64, [0, 5]),
            ("AI.TENSORSET k STRING 3", .string, [3]), ("AI.TENSORSET k BOOL 1 2 3", .bool, [1, 2, 3]),
        ] as [(Line, DataType, [Int])])
    func readsTypeAndShape(_ line: Line, _ type: DataType, _ dimensions: [Int]) throws {
        let tensor = try Self.tensor(line)
        #expect(tensor.type == type && tensor.shape.dimensions == dimensions)
    }

    @Test(
        arguments: [
            ("AI.TENSORSET k INT16 2", [0, 0, 0, 0]), ("AI.TENSORSET k STRING 3", [0, 0, 0]),
            ("AI.TENSORSET k FLOAT 0 4", []),
        ] as [(Line, [UInt8])])
    func fillsWithZerosWithoutData(_ line: Line, _ content: [UInt8]) throws {
        #expect(try Self.tensor(line).content == content)
    }

    @Test(
        arguments: [
            ("AI.TENSORSET k INT8 4 VALUES 1 -2 127 -127", [1, 254, 127, 129]),
            ("AI.TENSORSET k UINT16 2 values 258 65535", [2, 1, 255, 255]),
            ("AI.TENSORSET k FLOAT 1 Values 1.5", [0, 0, 0xC0, 0x3F]),
            ("AI.TENSORSET k FLOAT VALUES 1.5", [0, 0, 0xC0, 0x3F]),
            ("AI.TENSORSET k FLOAT16 2 VALUES 1 -2", [0x00, 0x3C, 0x00, 0xC0]),
            ("AI.TENSORSET k BFLOAT16 1 VALUES 1", [0x80, 0x3F]),
            ("AI.TENSORSET k BOOL 3 VALUES 1 0 1", [1, 0, 1]),
            ("AI.TENSORSET k UINT64 VALUES 18446744073709551615", [255, 255, 255, 255, 255, 255, 255, 255]),
            ("AI.TENSORSET k STRING 2 VALUES a bc", [97, 0, 98, 99, 0]),
            ("AI.TENSORSET k STRING 2 VALUES '' BLOB", [0, 66, 76, 79, 66, 0]),
            ("AI.TENSORSET k INT8 0 VALUES", []),
        ] as [(Line, [UInt8])])
    func readsValues(_ line: Line, _ content: [UInt8]) throws {
        #expect(try Self.tensor(line).content == content)
    }

    @Test(
        arguments: [
            ("AI.TENSORSET k INT8 4 BLOB", [1, 0, 255, 128]), ("AI.TENSORSET k FLOAT blob", [1, 2, 3, 4]),
            ("AI.TENSORSET k BOOL 2 Blob", [0, 1]), ("AI.TENSORSET k STRING 2 BLOB", [97, 0, 0]),
            ("AI.TENSORSET k DOUBLE 0 BLOB", []),
        ] as [(Line, [UInt8])])
    func readsABlob(_ line: Line, _ content: [UInt8]) throws {
        #expect(try Self.tensor(line.appending(content)).content == content)
    }

    /// Small ones are copied, large ones stay where the server read them.
    @Test(arguments: [(32767, false), (32768, true), (50000, true)])
    func keepsALargeBlobWhereItLies(_ count: Int, _ isKept: Bool) throws {
        let blob = [UInt8](repeating: 7, count: count)
        let line = Line("AI.TENSORSET k UINT8 \(count) BLOB").appending(blob)
        let reader = line.reader
        let start = reader[reader.count - 1].withBytes {
            $0.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
        }
        let tensor = try Self.tensor(line)
        let address = tensor.withBytes { $0.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) } }
        #expect((address == start) == isKept)
    }

    @Test(arguments: [32767, 32768])
    func readsALargeBlobExactly(_ count: Int) throws {
        let blob = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        #expect(try Self.tensor(Line("AI.TENSORSET k UINT8 \(count) BLOB").appending(blob)).content == blob)
    }

    static let arity = "ERR wrong number of arguments for 'AI.TENSORSET' command"
    static let shape = "ERR invalid or negative value found in tensor shape"
    static let blobCount =
        "ERR a single binary string should come after the BLOB argument in 'AI.TENSORSET' command"
    static let valueCount = "ERR wrong number of values was given in 'AI.TENSORSET' command"
    static let value = "ERR invalid value"
    static let length = "ERR data length does not match tensor shape and type"
    static let strings = "ERR Number of string elements in data blob does not match tensor length"
    static let tooLarge = "ERR tensor shape is too large"

    @Test(
        arguments: [
            ("AI.TENSORSET", arity), ("AI.TENSORSET k", arity), ("AI.TENSORSET k FLOAT", arity),
            ("AI.TENSORSET k WRONG", arity),
            ("AI.TENSORSET k FLOAT32 2", "ERR invalid data type"),
            ("AI.TENSORSET k '' 2", "ERR invalid data type"),
            ("AI.TENSORSET k 2 FLOAT", "ERR invalid data type"),
            ("AI.TENSORSET k X -1 BLOB", "ERR invalid data type"),
            ("AI.TENSORSET k FLOAT -1", shape), ("AI.TENSORSET k FLOAT 2 -1 VALUES 1", shape),
            ("AI.TENSORSET k FLOAT 1.0", shape), ("AI.TENSORSET k FLOAT a", shape),
            ("AI.TENSORSET k FLOAT ''", shape),
            ("AI.TENSORSET k FLOAT 2 x BLOB", shape), ("AI.TENSORSET k FLOAT 9223372036854775808", shape),
            ("AI.TENSORSET k FLOAT +2", shape), ("AI.TENSORSET k FLOAT 02", shape),
            ("AI.TENSORSET k FLOAT VALUE 1", shape),
            ("AI.TENSORSET k FLOAT 0 VALUES 1", shape), ("AI.TENSORSET k FLOAT 2 0 BLOB", shape),
            ("AI.TENSORSET k FLOAT 0 BLOB abcd", shape),
            ("AI.TENSORSET k FLOAT 2 BLOB", blobCount), ("AI.TENSORSET k FLOAT BLOB", blobCount),
            ("AI.TENSORSET k FLOAT 1 BLOB abcd efgh", blobCount),
            ("AI.TENSORSET k X BLOB", "ERR invalid data type"),
            ("AI.TENSORSET k INT8 1 BLOB a VALUES 1", blobCount),
            ("AI.TENSORSET k FLOAT 2 VALUES", valueCount), ("AI.TENSORSET k FLOAT VALUES", valueCount),
            ("AI.TENSORSET k FLOAT 2 VALUES 1", valueCount),
            ("AI.TENSORSET k FLOAT 2 VALUES 1 2 3", valueCount),
            ("AI.TENSORSET k FLOAT VALUES 1 2", valueCount), ("AI.TENSORSET k STRING 1 VALUES", valueCount),
            ("AI.TENSORSET k INT8 4611686018427387904 VALUES 1", valueCount),
            ("AI.TENSORSET k INT8 1 VALUES x VALUES", valueCount),
            ("AI.TENSORSET k INT8 2 VALUES -1 -128", value), ("AI.TENSORSET k INT8 1 VALUES 128", value),
            ("AI.TENSORSET k INT8 1 VALUES 1.0", value), ("AI.TENSORSET k UINT8 1 VALUES -1", value),
            ("AI.TENSORSET k BOOL 1 VALUES 2", value), ("AI.TENSORSET k BOOL 1 VALUES -1", value),
            ("AI.TENSORSET k FLOAT 1 VALUES nan", value), ("AI.TENSORSET k FLOAT 1 VALUES x", value),
            ("AI.TENSORSET k DOUBLE 1 VALUES 1e999", value), ("AI.TENSORSET k FLOAT 1 VALUES ''", value),
            ("AI.TENSORSET k INT32 2 VALUES 1 BLOB", value),
            ("AI.TENSORSET k STRING 1 VALUES a\0b", "ERR C-string value contains null character"),
            ("AI.TENSORSET k FLOAT 1 BLOB abc", length), ("AI.TENSORSET k FLOAT 1 BLOB abcde", length),
            ("AI.TENSORSET k FLOAT 2 BLOB abcd", length), ("AI.TENSORSET k FLOAT 1 BLOB ''", length),
            ("AI.TENSORSET k DOUBLE BLOB abcd", length), ("AI.TENSORSET k BOOL 2 BLOB a", length),
            ("AI.TENSORSET k BOOL 1 BLOB \u{2}", "ERR BOOL tensor elements must be 0 or 1"),
            ("AI.TENSORSET k BOOL 2 BLOB \u{1}\u{2}", "ERR BOOL tensor elements must be 0 or 1"),
            ("AI.TENSORSET k STRING 1 BLOB a", strings), ("AI.TENSORSET k STRING 1 BLOB ''", strings),
            ("AI.TENSORSET k STRING 1 BLOB a\0b\0", strings), ("AI.TENSORSET k STRING 2 BLOB a\0b", strings),
            ("AI.TENSORSET k FLOAT 9223372036854775807 2", tooLarge),
            ("AI.TENSORSET k FLOAT 4611686018427387904", tooLarge),
            ("AI.TENSORSET k INT8 4611686018427387904", tooLarge),
            ("AI.TENSORSET k INT8 9223372036854775807", tooLarge),
            ("AI.TENSORSET k FLOAT 4611686018427387904 BLOB abcd", tooLarge),
            ("AI.TENSORSET k FLOAT 9223372036854775807 2 VALUES 1", tooLarge),
            ("AI.TENSORSET k STRING 4294967296 4294967296", tooLarge),
        ] as [(Line, String)])
    func refuses(_ line: Line, _ text: String) {
        #expect(line.refusal(by: TensorSet.self) == text)
    }

    /// Outputs without rows reach replicas and the AOF as commands; clients give none.
    @Test(
        arguments: [
            "AI.TENSORSET k FLOAT 0", "AI.TENSORSET k FLOAT 2 0 VALUES", "AI.TENSORSET k STRING 0 BLOB ''",
        ] as [Line])
    func refusesAClientsTensorWithoutElements(_ line: Line) {
        #expect(line.answer(of: TensorSet.self) == ["-" + Self.shape])
    }

    @Test func answersTheArityErrorOnce() {
        #expect(Line("AI.TENSORSET k FLOAT").answer(of: TensorSet.self) == ["-" + Self.arity])
    }
}
