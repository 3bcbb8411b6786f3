import Tensors
import Testing

@testable import SharedAPI

/// Pointers to tensors, which are the tensors.
@Suite struct SharedObjectTests {
    static func tensor(_ type: DataType = .float32) throws -> Tensor {
        try Tensor(writableZerosOf: type, shape: try TensorShape([2, 3]))
    }

    @Test func aPointerIsTheTensor() throws {
        let tensor = try Self.tensor()
        let found = SharedObject<Tensor>.at(SharedObject<Tensor>.lend(tensor))
        #expect(found === tensor)
    }

    @Test func anObjectOfAnotherClassIsNone() {
        let record = ErrorRecord()
        let found = SharedObject<Tensor>.at(SharedObject<ErrorRecord>.lend(record))
        #expect(found == nil)
        withExtendedLifetime(record) {}
    }

    @Test func aPointerToSomethingElseIsNone() {
        let handle = Handles.error.make(ErrorRecord())
        let found = SharedObject<Tensor>.at(handle)
        #expect(found == nil)
        Handles.error.end(handle)
    }

    @Test func whoHasTheOnlyReferenceKnows() throws {
        let pointer = SharedObject<Tensor>.give(try Self.tensor())
        let alone = SharedObject<Tensor>.isUnshared(pointer)
        #expect(alone)
        let other = SharedObject<Tensor>.share(pointer)
        let shared = SharedObject<Tensor>.isUnshared(pointer)
        #expect(!shared)
        SharedObject<Tensor>.release(other)
        let again = SharedObject<Tensor>.isUnshared(pointer)
        #expect(again)
        SharedObject<Tensor>.release(pointer)
    }
}

/// Elements by their index.
@Suite struct ElementTests {
    @Test(arguments: [DataType.int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .bool])
    func integersComeBack(_ type: DataType) throws {
        let tensor = try SharedObjectTests.tensor(type)
        #expect(tensor.set(5, to: Int64(1)))
        #expect(tensor.integer(5) == 1)
        #expect(tensor.integer(4) == 0)
        #expect(!tensor.set(6, to: Int64(1)))
        #expect(!tensor.set(-1, to: Int64(1)))
        #expect(tensor.integer(6) == nil)
        #expect(tensor.real(5) == nil)
        #expect(!tensor.set(5, to: 1.0))
    }

    @Test(arguments: [DataType.float32, .float64, .float16, .bfloat16])
    func realsComeBack(_ type: DataType) throws {
        let tensor = try SharedObjectTests.tensor(type)
        #expect(tensor.set(5, to: 0.5))
        #expect(tensor.real(5) == 0.5)
        #expect(!tensor.set(6, to: 0.5))
        #expect(tensor.real(6) == nil)
        #expect(tensor.integer(5) == nil)
        #expect(!tensor.set(5, to: Int64(1)))
    }

    @Test(arguments: [
        (DataType.int8, Int64(128)), (.int8, -129), (.uint8, -1), (.uint16, 65536), (.uint64, -1), (.bool, 2),
    ])
    func whatDoesNotFitIsRefused(_ type: DataType, _ value: Int64) throws {
        let tensor = try SharedObjectTests.tensor(type)
        #expect(!tensor.set(0, to: value))
        #expect(tensor.integer(0) == 0)
    }
}
