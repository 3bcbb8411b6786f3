import CTorchBridge
import Execution
import Tensors

/// A model that libtorch has made ready.
///
/// A run wraps our inputs without copying them and copies the outputs, which may be parts of the inputs or of
/// what the model keeps.
@safe
final class TorchSession: LoadedModel, @unchecked Sendable {
    let inputs: [TensorSpecification]
    let outputs: [TensorSpecification]
    let memoryByteCount: Int
    let allowsOverlappingRuns: Bool
    let hasBoundedWork: Bool
    private let bridge: TorchBridge
    private let model: OpaquePointer

    /// Takes over a model of the bridge.
    init(adopting model: OpaquePointer, of bridge: TorchBridge) {
        // Safety: the model is alive as long as this object.
        let table = unsafe bridge.table
        self.bridge = bridge
        unsafe self.model = model
        // TorchScript knows neither types nor shapes, and outputs have no names.
        inputs = unsafe (0..<table.pointee.model_input_count(model)).map { index in
            let name = unsafe bridge.bytes(of: table.pointee.model_input_name(model, index))
            return TensorSpecification(name: name, type: nil, dimensions: nil)
        }
        outputs = unsafe (0..<table.pointee.model_output_count(model)).map { _ in
            TensorSpecification(name: [], type: nil, dimensions: nil)
        }
        memoryByteCount = unsafe table.pointee.model_byte_count(model)
        allowsOverlappingRuns = unsafe table.pointee.model_may_overlap(model) != 0
        hasBoundedWork = unsafe table.pointee.model_has_bounded_work(model) != 0
    }

    deinit {
        // Safety: no run is under way, since each holds this object.
        unsafe bridge.table.pointee.model_release(model)
    }

    func run(_ inputs: [Tensor], stop: RunStop) throws(ExecutionError) -> [Tensor?] {
        guard inputs.count == self.inputs.count else {
            throw .backend("ERR Expected \(self.inputs.count) inputs but got \(inputs.count)")
        }
        let interrupt = try TorchInterrupt.of(stop, bridge)
        return try stop.run(interruptedBy: interrupt) { () throws(ExecutionError) in
            try unsafe TorchViews.with(inputs) { views throws(ExecutionError) in
                var returned: OpaquePointer?
                // Safety: the views are valid during the call; the outputs are ours then.
                try unsafe bridge.check(
                    bridge.table.pointee.model_run(
                        model, views.baseAddress, views.count, interrupt.run, &returned))
                guard let outputs = unsafe returned else { throw .outOfMemory }
                defer { unsafe bridge.table.pointee.outputs_release(outputs) }
                return try unsafe TorchViews.tensors(of: outputs, bridge)
            }
        }
    }
}
