import CLiteRT
import Execution
import Glibc
import Tensors

/// A model with memory for one run at a time, and the shapes that it is ready for.
@safe
final class LiteRTInstance: @unchecked Sendable {
    private let model: LiteRTModel
    private let functions: UnsafePointer<litert_table>
    private let options: OpaquePointer
    private let compiled: OpaquePointer
    /// Where the runtime looks for the flag of the run under way.
    private let watch: UnsafeMutablePointer<litert_watch>
    /// Of the inputs that everything is laid out for; nil if that is not known.
    private var shapes: [TensorShape]?
    private var outputShapes: [TensorShape] = []

    private var signature: LiteRTSignature { model.signature }

    /// - Throws: `.backend` with the runtime's words, which it says of operators that it does not have.
    init(_ model: LiteRTModel, isGPU: Bool) throws(ExecutionError) {
        let library = model.library
        let hardware = isGPU ? LITERT_GPU | LITERT_CPU : LITERT_CPU
        let options = try unsafe LiteRTOptions.make(
            library.functions, hardware: Int32(hardware), threadCount: library.threadCount)
        var created: OpaquePointer?
        // Safety: the environment stays, and the model as long as this object.
        let status = unsafe library.functions.pointee.compile(
            library.environment, model.handle, options, &created)
        guard status == 0, let compiled = unsafe created else {
            unsafe library.functions.pointee.destroy_options(options)
            throw LiteRTFailure.construct.error()
        }
        self.model = model
        unsafe functions = library.functions
        unsafe self.options = options
        unsafe self.compiled = compiled
        unsafe watch = .allocate(capacity: 1)
        unsafe watch.initialize(to: litert_watch(flag: nil))
        unsafe _ = functions.pointee.set_cancellation(compiled, watch, litert_watch_is_raised)
    }

    deinit {
        // Safety: ours, and no run is under way.
        unsafe functions.pointee.destroy_compiled(compiled)
        unsafe functions.pointee.destroy_options(options)
        unsafe watch.deallocate()
    }

    /// - Parameter interrupt: what ends the run; nil if nothing does.
    func run(_ inputs: [Tensor], _ interrupt: LiteRTInterrupt?) throws(ExecutionError) -> [Tensor?] {
        if shapes.map({ Self.areShapes($0, of: inputs) }) != true { try lay(out: inputs) }
        let capacity = inputs.count + signature.outputs.count
        return try unsafe withUnsafeTemporaryAllocation(of: OpaquePointer?.self, capacity: capacity) {
            buffers throws(ExecutionError) in
            // Safety: the list has room for all inputs and outputs; every buffer in it is destroyed here,
            // before the inputs that it may refer to can go.
            unsafe buffers.initialize(repeating: nil)
            defer {
                for index in 0..<capacity { if let buffer = unsafe buffers[index] { unsafe destroy(buffer) } }
                withExtendedLifetime(inputs) {}
            }
            for index in inputs.indices {
                let input = inputs[index]
                unsafe buffers[index] = try unsafe wrap(input.elements, input.byteCount, input)
            }
            let outputs = try makeOutputs(inputs)
            for index in outputs.indices {
                let output = outputs[index]
                unsafe buffers[inputs.count + index] = try unsafe wrap(
                    output.elements, output.byteCount, output)
            }
            // Safety: the flag stays as long as the run.
            unsafe watch.pointee.flag = unsafe interrupt?.flag
            defer { unsafe watch.pointee.flag = nil }
            try unsafe call(buffers, inputCount: inputs.count)
            withExtendedLifetime(interrupt) {}
            for output in outputs where output.type == .bool { output.normalise() }
            return outputs
        }
    }

    private static func areShapes(_ shapes: [TensorShape], of inputs: [Tensor]) -> Bool {
        for index in shapes.indices where shapes[index] != inputs[index].shape { return false }
        return true
    }

    @inline(__always)
    private func call(
        _ buffers: UnsafeMutableBufferPointer<OpaquePointer?>, inputCount: Int
    ) throws(ExecutionError) {
        let inputs = buffers.baseAddress
        // Safety: the runtime reads as many buffers as it is told.
        let status = unsafe functions.pointee.run(
            compiled, 0, inputCount, inputs, buffers.count - inputCount, inputs.map { unsafe $0 + inputCount }
        )
        guard status != 0 else { return }
        // What the instance was ready for may be lost.
        shapes = nil
        throw failure(.invoke)
    }

    /// A tensor for each output, with memory that the runtime is to fill unless it is one of the others.
    private func makeOutputs(_ inputs: [Tensor]) throws(ExecutionError) -> [Tensor] {
        var outputs: [Tensor] = []
        outputs.reserveCapacity(outputShapes.count)
        for index in outputShapes.indices {
            switch signature.sources[index] {
            case .input(let place): outputs.append(inputs[place])
            case .output(let place): outputs.append(outputs[place])
            case .computed:
                guard let type = signature.outputs[index].type else { throw LiteRTFailure.invoke.error() }
                do throws(TensorError) {
                    // A run that succeeds has written every byte of what it computes.
                    outputs.append(try Tensor(type: type, shape: outputShapes[index]) { _ in })
                } catch {
                    throw .outOfMemory
                }
            }
        }
        return outputs
    }

    @inline(__always)
    private func wrap(
        _ elements: UnsafeMutableRawPointer?, _ byteCount: Int, _ tensor: Tensor
    ) throws(ExecutionError) -> OpaquePointer? {
        guard let elements = unsafe elements else { throw .outOfMemory }
        var buffer: OpaquePointer?
        let status = tensor.shape.withDimensions { dimensions in
            unsafe dimensions.withUnsafeBufferPointer { dimensions in
                // Safety: the shape is one that the runtime was laid out for, so it has few dimensions that
                // fit, and an `Int` is 64 bits wide here. The type is copied.
                unsafe dimensions.withMemoryRebound(to: Int64.self) { dimensions in
                    var type = unsafe litert_tensor_type_make(
                        tensor.type.liteRTElement, dimensions.baseAddress, dimensions.count)
                    return unsafe functions.pointee.wrap(&type, elements, byteCount, nil, &buffer)
                }
            }
        }
        guard status == 0 else { throw LiteRTFailure.invoke.error("a tensor cannot be handed over") }
        return unsafe buffer
    }

    private func destroy(_ buffer: OpaquePointer) {
        // Safety: ours, destroyed once.
        unsafe functions.pointee.destroy_buffer(buffer)
    }
}

// MARK: Shapes

extension LiteRTInstance {
    /// Makes everything ready for the shapes of these inputs.
    private func lay(out inputs: [Tensor]) throws(ExecutionError) {
        shapes = nil
        for index in inputs.indices { try resize(index, to: inputs[index].shape) }
        try makeReady()
        shapes = inputs.map(\.shape)
    }

    private func resize(_ index: Int, to shape: TensorShape) throws(ExecutionError) {
        let input = signature.inputs[index]
        let declared = input.dimensions ?? []
        let name = String(decoding: input.name, as: UTF8.self)
        guard shape.elementCount > 0 else {
            throw LiteRTFailure.resize.error("input '\(name)' has no elements, which LiteRT cannot take")
        }
        let isDynamic = declared.contains(nil)
        let isFitting =
            !isDynamic
            || (shape.rank == declared.count
                && declared.indices.allSatisfy { declared[$0] == nil || declared[$0] == shape[$0] })
        let isPossible =
            shape.rank <= Int(LITERT_MAXIMUM_RANK) && (shape.rank == 0) == declared.isEmpty
            && shape.dimensions.allSatisfy { $0 <= Int32.max }
        guard isFitting, isPossible else {
            let wanted = declared.map { $0.map(String.init) ?? "-1" }.joined(separator: ", ")
            let given = shape.dimensions.map(String.init).joined(separator: ", ")
            throw LiteRTFailure.resize.error("input '\(name)' has shape [\(wanted)], not [\(given)]")
        }
        // A scalar stays one.
        guard shape.rank > 0 else { return }
        let dimensions = shape.dimensions.map { Int32($0) }
        let status =
            isDynamic
            ? unsafe functions.pointee.resize(compiled, 0, index, dimensions, dimensions.count)
            : unsafe functions.pointee.resize_freely(compiled, 0, index, dimensions, dimensions.count)
        guard status == 0 else { throw failure(.resize) }
    }

    /// Lays out memory for the present shapes of the inputs and learns those of the outputs.
    func makeReady() throws(ExecutionError) {
        let count = signature.outputs.count
        // The runtime writes all dimensions of an output, also if they are more than a layout has room for.
        let room = count + 64
        var layouts = [litert_layout](repeating: litert_layout(), count: room)
        let status = unsafe functions.pointee.output_layouts(compiled, 0, count, &layouts, true)
        guard status == 0 else { throw failure(.allocate) }
        var shapes: [TensorShape] = []
        for index in 0..<count { shapes.append(try shape(of: index, &layouts[index])) }
        outputShapes = shapes
    }

    private func shape(of output: Int, _ layout: inout litert_layout) throws(ExecutionError) -> TensorShape {
        let name = String(decoding: signature.outputs[output].name, as: UTF8.self)
        let rank = unsafe litert_layout_rank(&layout)
        guard rank <= LITERT_MAXIMUM_RANK else {
            throw LiteRTFailure.allocate.error("output '\(name)' has too many dimensions")
        }
        let dimensions = (0..<rank).map { axis in Int(unsafe litert_layout_dimension(&layout, axis)) }
        guard dimensions.allSatisfy({ $0 > 0 }) else {
            throw LiteRTFailure.allocate.error("output '\(name)' has no elements, which LiteRT cannot give")
        }
        do throws(TensorError) { return try TensorShape(dimensions) } catch { throw .outOfMemory }
    }

    /// The error that the runtime's last words stand for; clears them.
    private func failure(_ what: LiteRTFailure) -> ExecutionError {
        var text: UnsafeMutablePointer<CChar>?
        // Safety: the text is ours, and copied before it is freed.
        guard unsafe functions.pointee.error_text(compiled, &text) == 0, let text = unsafe text else {
            return what.error()
        }
        defer { unsafe free(text) }
        unsafe _ = functions.pointee.clear_errors(compiled)
        return what.error(unsafe Self.reason(String(cString: text)))
    }

    /// The first of the runtime's words that say something to the client.
    private static func reason(_ words: String) -> String {
        // An output whose memory the runtime takes only while it runs.
        if words.contains("kTfLiteArenaRwPersistent") {
            return "the shape of an output depends on values, which LiteRT cannot give"
        }
        return words.split(separator: "\n").first.map(String.init) ?? ""
    }
}

extension Tensor {
    /// Where the elements lie; valid as long as the tensor.
    fileprivate var elements: UnsafeMutableRawPointer? {
        // Safety: a tensor's elements stay where they are as long as it lives. The runtime writes only those
        // that were made for it, before anybody else has seen them.
        unsafe withBytes { bytes in
            unsafe bytes.withUnsafeBytes { unsafe UnsafeMutableRawPointer(mutating: $0.baseAddress) }
        }
    }

    /// Makes every truth value 0 or 1: a tensor with another one could not be restored.
    fileprivate func normalise() {
        guard let elements = unsafe elements else { return }
        // Safety: the tensor has as many elements of one byte.
        let bytes = unsafe UnsafeMutableRawBufferPointer(start: elements, count: byteCount)
        for index in 0..<byteCount where unsafe bytes[index] > 1 { unsafe bytes[index] = 1 }
    }
}
