import CSharedAPI
import Commands
import Keyspace
import Tensors

/// The functions for tensors.
enum TensorFunctions {
    private typealias Shared = SharedObject<Tensor>
    private typealias Own = TensorFunctions

    static func fill(_ table: inout shared_functions) {
        unsafe table.TensorCreate = { unsafe Own.create($0, $1, $2) }
        unsafe table.TensorCreateByConcatenatingTensors = { unsafe Own.join($0, Int($1)) }
        unsafe table.TensorCreateBySlicingTensor = { unsafe Own.slice($0, Int($1), Int($2)) }
        unsafe table.TensorLength = { unsafe Shared.at($0)?.shape.elementCount ?? 0 }
        unsafe table.TensorDataSize = { unsafe Shared.at($0).map { $0.type.byteWidth ?? 1 } ?? 0 }
        unsafe table.TensorFree = { _ = unsafe Shared.release($0) }
        unsafe table.TensorSetData = { unsafe Answer.of(Own.write($0, $1, $2)) }
        unsafe table.TensorSetValueFromLongLong = { unsafe Answer.of(Own.set($0, Int($1), integer: $2)) }
        unsafe table.TensorSetValueFromDouble = { unsafe Answer.of(Own.set($0, Int($1), real: $2)) }
        unsafe table.TensorGetValueAsDouble = { unsafe Answer.of(Own.read($0, Int($1), real: $2)) }
        unsafe table.TensorGetValueAsLongLong = { unsafe Answer.of(Own.read($0, Int($1), integer: $2)) }
        unsafe table.TensorGetShallowCopy = { unsafe Shared.share($0) }
        unsafe table.TensorNumDims = { unsafe Int32(clamping: Shared.at($0)?.shape.rank ?? 0) }
        unsafe table.TensorDim = { unsafe Own.dimension($0, Int($1)) }
        unsafe table.TensorByteSize = { unsafe Shared.at($0)?.byteCount ?? 0 }
        unsafe table.TensorData = { unsafe Own.data($0) }
        unsafe table.TensorRedisType = { unsafe ModuleState.current.tensors.address }
        unsafe table.TensorElementType = { unsafe Shared.at($0).map { Own.number(of: $0.type) } ?? 0 }
        unsafe table.ElementTypeName = { unsafe Own.name($0) }
        unsafe table.TensorCreateOfType = { unsafe Own.create($0, $1, $2, $3) }
        unsafe table.TensorCreateFromMemory = { unsafe Own.wrap($0, $1, $2, $3, $4, $5, $6, $7) }
    }

    // MARK: Making

    private static func create(
        _ name: UnsafePointer<CChar>?, _ dimensions: UnsafeMutablePointer<Int64>?, _ rank: Int32
    ) -> OpaquePointer? {
        guard let name = unsafe CBytes.text(name), let type = DataType(wireName: name.span),
            let shape = unsafe shape(dimensions.map { unsafe UnsafePointer($0) }, rank),
            let tensor = try? Tensor(writableZerosOf: type, shape: shape)
        else { return nil }
        return unsafe Shared.give(tensor)
    }

    private static func create(
        _ number: Int32, _ dimensions: UnsafePointer<Int64>?, _ rank: Int32, _ error: OpaquePointer?
    ) -> OpaquePointer? {
        unsafe ErrorFunctions.reporting(to: error) { () throws(APIFailure) -> OpaquePointer in
            let type = try elementType(number)
            guard let shape = unsafe shape(dimensions, rank) else {
                throw APIFailure(.tensorSet, .invalidShape)
            }
            do throws(TensorError) {
                return unsafe Shared.give(try Tensor(writableZerosOf: type, shape: shape))
            } catch {
                throw APIFailure(.tensorSet, CommandError(error))
            }
        }
    }

    private static func wrap(
        _ number: Int32, _ dimensions: UnsafePointer<Int64>?, _ rank: Int32,
        _ data: UnsafeMutableRawPointer?, _ byteCount: Int, _ release: RAI_ReleaseCB?,
        _ privateData: UnsafeMutableRawPointer?, _ error: OpaquePointer?
    ) -> OpaquePointer? {
        unsafe ErrorFunctions.reporting(to: error) { () throws(APIFailure) -> OpaquePointer in
            let type = try elementType(number)
            guard let shape = unsafe shape(dimensions, rank) else {
                throw APIFailure(.tensorSet, .invalidShape)
            }
            guard byteCount >= 0, let release = unsafe release, unsafe data != nil || byteCount == 0 else {
                throw .invalidArguments(.tensorSet)
            }
            let memory = unsafe CallersMemory(data, byteCount: byteCount, release, privateData)
            do throws(TensorError) {
                let tensor = try Tensor(type: type, shape: shape, holding: memory.bytes)
                memory.take()
                return unsafe Shared.give(tensor)
            } catch {
                throw APIFailure(.tensorSet, CommandError(error))
            }
        }
    }

    private static func join(_ list: UnsafeMutablePointer<OpaquePointer?>?, _ count: Int) -> OpaquePointer? {
        guard let given = unsafe CBytes.objects(list, count: count, of: Tensor.self),
            let tensors = try? given.map(checked), let first = tensors.first,
            tensors.allSatisfy({ $0.isJoinable(with: first) }),
            let joined = try? TensorBatch.join(tensors.map { [$0] })
        else { return nil }
        return unsafe joined.first.map { unsafe Shared.give($0) }
    }

    private static func slice(_ pointer: OpaquePointer?, _ offset: Int, _ length: Int) -> OpaquePointer? {
        guard let given = unsafe Shared.at(pointer), let tensor = try? checked(given),
            tensor.shape.rank > 0, offset >= 0, length >= 0, offset <= tensor.shape.rowCount,
            length <= tensor.shape.rowCount - offset, let rows = try? tensor.rows(offset..<offset + length)
        else { return nil }
        return unsafe Shared.give(rows)
    }

    /// The tensor, or a copy whose elements are sure to be what its type asks for.
    private static func checked(_ tensor: Tensor) throws(TensorError) -> Tensor {
        try tensor.isUnchecked ? tensor.snapshot() : tensor
    }

    // MARK: Types and shapes

    /// The number of a type, which is not to change.
    static func number(of type: DataType) -> Int32 { Int32(type.rawValue) + 1 }

    private static func elementType(_ number: Int32) throws(APIFailure) -> DataType {
        guard let type = DataType.allCases.first(where: { self.number(of: $0) == number }) else {
            throw APIFailure(.tensorSet, .invalidDataType)
        }
        return type
    }

    private static func name(_ number: Int32) -> UnsafePointer<CChar>? {
        guard let type = try? elementType(number) else { return nil }
        // Safety: static text with a NUL at its end.
        return unsafe UnsafeRawPointer(type.wireName.utf8Start).assumingMemoryBound(to: CChar.self)
    }

    private static func shape(_ dimensions: UnsafePointer<Int64>?, _ rank: Int32) -> TensorShape? {
        guard rank > 0 else { return rank == 0 ? .scalar : nil }
        guard let dimensions = unsafe dimensions else { return nil }
        var list: [Int] = []
        // Safety: the caller's array has that many.
        for axis in 0..<Int(rank) { unsafe list.append(Int(dimensions[axis])) }
        return try? TensorShape(list)
    }

    private static func dimension(_ pointer: OpaquePointer?, _ axis: Int) -> Int64 {
        guard let tensor = unsafe Shared.at(pointer), axis >= 0, axis < tensor.shape.rank else { return -1 }
        return Int64(tensor.shape[axis])
    }

    // MARK: Elements

    private static func data(_ pointer: OpaquePointer?) -> UnsafeMutablePointer<CChar>? {
        unsafe Shared.at(pointer).map { unsafe $0.firstByte.assumingMemoryBound(to: CChar.self) }
    }

    private static func write(
        _ pointer: OpaquePointer?, _ start: UnsafePointer<CChar>?, _ byteCount: Int
    ) -> Bool {
        // Others might be reading the block that is given back.
        if unsafe Shared.at(pointer)?.type == .string, unsafe !Shared.isUnshared(pointer) { return false }
        guard let tensor = unsafe Shared.at(pointer), tensor.isWritable, byteCount >= 0,
            unsafe start != nil || byteCount == 0
        else { return false }
        // Safety: the caller has that many bytes there.
        let raw = unsafe UnsafeRawBufferPointer(start: start, count: byteCount)
        do throws(TensorError) {
            try tensor.replaceElements(copying: unsafe raw.assumingMemoryBound(to: UInt8.self).span)
            return true
        } catch {
            return false
        }
    }

    private static func set(_ pointer: OpaquePointer?, _ index: Int, integer: Int64) -> Bool {
        guard let tensor = unsafe Shared.at(pointer), tensor.isWritable else { return false }
        return tensor.set(index, to: integer)
    }

    private static func set(_ pointer: OpaquePointer?, _ index: Int, real: Double) -> Bool {
        guard let tensor = unsafe Shared.at(pointer), tensor.isWritable else { return false }
        return tensor.set(index, to: real)
    }

    private static func read(
        _ pointer: OpaquePointer?, _ index: Int, real place: UnsafeMutablePointer<Double>?
    ) -> Bool {
        guard let place = unsafe place, let value = unsafe Shared.at(pointer)?.real(index) else {
            return false
        }
        unsafe place.pointee = value
        return true
    }

    private static func read(
        _ pointer: OpaquePointer?, _ index: Int, integer place: UnsafeMutablePointer<Int64>?
    ) -> Bool {
        guard let place = unsafe place, let value = unsafe Shared.at(pointer)?.integer(index) else {
            return false
        }
        unsafe place.pointee = value
        return true
    }
}
