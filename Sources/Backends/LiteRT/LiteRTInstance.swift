import CLiteRT
import Execution
import Glibc
import Tensors

/// A model with memory for one run at a time, and the shapes that it is ready for.
@safe
final class LiteRTInstance: @unchecked Sendable {
    let model: LiteRTModel
    let functions: UnsafePointer<litert_table>
    private let options: OpaquePointer
    let compiled: OpaquePointer
    /// Where the runtime looks for the flag of the run under way.
    private let watch: UnsafeMutablePointer<litert_watch>
    /// Of the inputs that everything is laid out for; nil if that is not known.
    var shapes: [TensorShape]?
    var outputShapes: [TensorShape] = []
    /// The shapes of measured outputs in earlier runs.
    var memory = LiteRTShapeMemory()

    var signature: LiteRTSignature { model.signature }

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
        guard model.measured.isEmpty else { return try runMeasured(inputs, interrupt) }
        try makeReady(for: inputs)
        let outputs = try makeOutputs(inputs)
        guard try execute(inputs, outputs, interrupt) else { throw failure(.invoke) }
        return outputs
    }

    /// Has the runtime fill the outputs, or says that it could not.
    func execute(
        _ inputs: [Tensor], _ outputs: [Tensor], _ interrupt: LiteRTInterrupt?
    ) throws(ExecutionError) -> Bool {
        let capacity = inputs.count + outputs.count
        return try unsafe withUnsafeTemporaryAllocation(of: OpaquePointer?.self, capacity: capacity) {
            buffers throws(ExecutionError) in
            // Safety: the list has room for all inputs and outputs; every buffer in it is destroyed here,
            // before the tensors that it refers to can go.
            unsafe buffers.initialize(repeating: nil)
            defer {
                for index in 0..<capacity { if let buffer = unsafe buffers[index] { unsafe destroy(buffer) } }
                withExtendedLifetime((inputs, outputs)) {}
            }
            for index in inputs.indices {
                let input = inputs[index]
                unsafe buffers[index] = try unsafe wrap(input.elements, input.byteCount, input)
            }
            for index in outputs.indices {
                let output = outputs[index]
                unsafe buffers[inputs.count + index] = try unsafe wrap(
                    output.elements, output.byteCount, output)
            }
            // Safety: the flag stays as long as the run.
            unsafe watch.pointee.flag = unsafe interrupt?.flag
            defer { unsafe watch.pointee.flag = nil }
            let hasRun = unsafe call(buffers, inputCount: inputs.count)
            withExtendedLifetime(interrupt) {}
            guard hasRun else { return false }
            for output in outputs where output.type == .bool { output.normalise() }
            return true
        }
    }

    static func areShapes(_ shapes: [TensorShape], of inputs: [Tensor]) -> Bool {
        for index in shapes.indices where shapes[index] != inputs[index].shape { return false }
        return true
    }

    @inline(__always)
    private func call(
        _ buffers: UnsafeMutableBufferPointer<OpaquePointer?>, inputCount: Int
    ) -> Bool {
        let inputs = buffers.baseAddress
        // Safety: the runtime reads as many buffers as it is told.
        let status = unsafe functions.pointee.run(
            compiled, 0, inputCount, inputs, buffers.count - inputCount, inputs.map { unsafe $0 + inputCount }
        )
        // What the instance was ready for may be lost.
        if status != 0 { shapes = nil }
        return status == 0
    }

    /// A tensor for each output, with memory that the runtime is to fill unless it is one of the others.
    /// - Parameter measured: those of the outputs that are measured.
    func makeOutputs(_ inputs: [Tensor], measured: [Tensor] = []) throws(ExecutionError) -> [Tensor] {
        var outputs: [Tensor] = []
        outputs.reserveCapacity(outputShapes.count)
        for index in outputShapes.indices {
            if let place = model.measured.firstIndex(of: index) {
                outputs.append(measured[place])
                continue
            }
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
