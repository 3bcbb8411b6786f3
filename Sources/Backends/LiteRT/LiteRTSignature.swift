import CLiteRT
import Execution
import Formats
import Tensors

/// The inputs and outputs of a model's first signature, in the order of the file's graph.
struct LiteRTSignature: Sendable {
    /// Where an output comes from.
    enum Source: Equatable {
        case computed
        /// It is that input.
        case input(Int)
        /// It is that output, which comes before.
        case output(Int)
    }

    let inputs: [TensorSpecification]
    let outputs: [TensorSpecification]
    /// Of each output: the runtime fills only what it computes, and that once (2.3.0).
    let sources: [Source]

    /// - Throws: `.backend` if one of them is not a tensor that can be one of ours.
    init(of model: OpaquePointer, _ functions: UnsafePointer<litert_table>) throws(ExecutionError) {
        var first: OpaquePointer?
        var inputCount = 0
        var outputCount = 0
        // Safety: all of this belongs to the model, which is alive during the call.
        guard unsafe functions.pointee.signature(model, 0, &first) == 0, let first = unsafe first,
            unsafe functions.pointee.input_count(first, &inputCount) == 0,
            unsafe functions.pointee.output_count(first, &outputCount) == 0
        else { throw LiteRTFailure.load.error("there is no graph") }
        let reader = unsafe Reader(functions: functions, signature: first)
        var tensors: [OpaquePointer] = unsafe []
        var inputs: [TensorSpecification] = []
        for index in 0..<inputCount {
            let found = try unsafe reader.input(index)
            unsafe tensors.append(found.tensor)
            unsafe inputs.append(found.specification)
        }
        var outputs: [TensorSpecification] = []
        var sources: [Source] = []
        for index in 0..<outputCount {
            let found = try unsafe reader.output(index)
            let place = unsafe tensors.firstIndex(of: found.tensor)
            sources.append(
                place.map { $0 < inputCount ? .input($0) : .output($0 - inputCount) } ?? .computed)
            unsafe tensors.append(found.tensor)
            unsafe outputs.append(found.specification)
        }
        self.inputs = inputs
        self.outputs = outputs
        self.sources = sources
    }
}

/// Asks a signature for what it has.
@safe
private struct Reader {
    typealias Found = (tensor: OpaquePointer, specification: TensorSpecification)

    let functions: UnsafePointer<litert_table>
    let signature: OpaquePointer

    func input(_ index: Int) throws(ExecutionError) -> Found {
        var name: UnsafePointer<CChar>?
        var tensor: OpaquePointer?
        // Safety: the signature is alive, here and below.
        guard unsafe functions.pointee.input_name(signature, index, &name) == 0,
            unsafe functions.pointee.input_tensor(signature, index, &tensor) == 0
        else { throw LiteRTFailure.load.error("input \(index) cannot be read") }
        return try unsafe found(name, tensor, "input")
    }

    func output(_ index: Int) throws(ExecutionError) -> Found {
        var name: UnsafePointer<CChar>?
        var tensor: OpaquePointer?
        guard unsafe functions.pointee.output_name(signature, index, &name) == 0,
            unsafe functions.pointee.output_tensor(signature, index, &tensor) == 0
        else { throw LiteRTFailure.load.error("output \(index) cannot be read") }
        return try unsafe found(name, tensor, "output")
    }

    private func found(
        _ name: UnsafePointer<CChar>?, _ tensor: OpaquePointer?, _ side: String
    ) throws(ExecutionError) -> Found {
        guard let tensor = unsafe tensor else { throw LiteRTFailure.load.error("an \(side) is missing") }
        let text = unsafe name.map { unsafe String(cString: $0) } ?? ""
        var kind: Int32 = -1
        var type = litert_tensor_type()
        guard unsafe functions.pointee.tensor_kind(tensor, &kind) == 0, kind == LITERT_RANKED,
            unsafe functions.pointee.tensor_type(tensor, &type) == 0,
            let element = DataType(liteRTElement: type.element)
        else {
            throw .backend("ERR element type of \(side) '\(text.oneLine)' is not supported by TFLITE")
        }
        let rank = unsafe litert_layout_rank(&type.layout)
        guard rank <= LITERT_MAXIMUM_RANK else {
            throw LiteRTFailure.load.error("\(side) '\(text)' has too many dimensions")
        }
        let dimensions = (0..<rank).map { axis -> Int? in
            let dimension = unsafe litert_layout_dimension(&type.layout, axis)
            return dimension < 0 ? nil : Int(dimension)
        }
        let specification = TensorSpecification(
            name: Array(text.utf8), type: element, dimensions: dimensions)
        return unsafe (tensor, specification)
    }
}
