import CSharedAPI
import Execution
import Tensors

/// The functions that tell what a model is.
enum ModelDescriptionFunctions {
    private typealias Own = ModelDescriptionFunctions

    private enum Side {
        case inputs
        case outputs
    }

    static func fill(_ table: inout shared_functions) {
        unsafe table.ModelState = { unsafe Own.state($0, $1) }
        unsafe table.ModelNumInputs = { unsafe Own.count($0, .inputs) }
        unsafe table.ModelNumOutputs = { unsafe Own.count($0, .outputs) }
        unsafe table.ModelInputName = { unsafe Own.name($0, .inputs, $1, $2, $3) }
        unsafe table.ModelOutputName = { unsafe Own.name($0, .outputs, $1, $2, $3) }
        unsafe table.ModelInputType = { unsafe Own.type($0, .inputs, $1) }
        unsafe table.ModelOutputType = { unsafe Own.type($0, .outputs, $1) }
        unsafe table.ModelInputShape = { unsafe Own.shape($0, .inputs, $1, $2, Int($3)) }
        unsafe table.ModelOutputShape = { unsafe Own.shape($0, .outputs, $1, $2, Int($3)) }
    }

    private static let unknown: Int32 = -1

    private static func state(_ pointer: OpaquePointer?, _ error: OpaquePointer?) -> Int32 {
        guard let model = unsafe SharedObject<Model>.at(pointer) else { return unknown }
        do throws(ExecutionError) {
            return try model.build.loaded() == nil ? REDISAI_MODEL_LOADING : REDISAI_MODEL_READY
        } catch let failure {
            unsafe ErrorFunctions.report(APIFailure(.modelCreate, failure), to: error)
            return REDISAI_MODEL_FAILED
        }
    }

    private static func count(_ pointer: OpaquePointer?, _ side: Side) -> Int32 {
        guard let all = unsafe all(pointer, side) else { return unknown }
        return Int32(clamping: all.count)
    }

    private static func name(
        _ pointer: OpaquePointer?, _ side: Side, _ index: Int, _ place: UnsafeMutablePointer<CChar>?,
        _ room: Int
    ) -> Int32 {
        guard let name = unsafe one(pointer, side, index)?.name else { return unknown }
        if let place = unsafe place, room > 0 {
            let shown = name.prefix(room - 1)
            // Safety: the caller's buffer has that much room.
            for (offset, byte) in shown.enumerated() {
                unsafe place[offset] = CChar(truncatingIfNeeded: byte)
            }
            unsafe place[shown.count] = 0
        }
        return Int32(clamping: name.count)
    }

    private static func type(_ pointer: OpaquePointer?, _ side: Side, _ index: Int) -> Int32 {
        guard let specification = unsafe one(pointer, side, index) else { return unknown }
        return specification.type.map { TensorFunctions.number(of: $0) } ?? REDISAI_TYPE_UNKNOWN
    }

    private static func shape(
        _ pointer: OpaquePointer?, _ side: Side, _ index: Int, _ place: UnsafeMutablePointer<Int64>?,
        _ room: Int
    ) -> Int32 {
        guard let dimensions = unsafe one(pointer, side, index)?.dimensions else { return unknown }
        if let place = unsafe place, room > 0 {
            // Safety: the caller's array has that much room.
            for (axis, dimension) in dimensions.prefix(room).enumerated() {
                unsafe place[axis] = dimension.map { Int64($0) } ?? -1
            }
        }
        return Int32(clamping: dimensions.count)
    }

    private static func all(_ pointer: OpaquePointer?, _ side: Side) -> [TensorSpecification]? {
        guard let loaded = unsafe SharedObject<Model>.at(pointer)?.build.loadedIfReady else { return nil }
        switch side {
        case .inputs: return loaded.inputs
        case .outputs: return loaded.outputs
        }
    }

    private static func one(_ pointer: OpaquePointer?, _ side: Side, _ index: Int) -> TensorSpecification? {
        guard let all = unsafe all(pointer, side), all.indices.contains(index) else { return nil }
        return all[index]
    }
}
