import CLiteRT
import Execution
import Tensors

/// A model that LiteRT has made ready; runs may overlap.
///
/// The runtime's instances of a model run one thing at a time, and give wrong values without a word if they
/// are made to do more (2.3.0). So there are as many instances as there were runs at the same time: one for
/// each worker at most. They share the model's bytes.
final class LiteRTSession: LoadedModel {
    private let model: LiteRTModel
    let hasBoundedWork: Bool
    private let isGPU: Bool
    /// Instances without a run.
    private let idle: Locked<[LiteRTInstance]>

    /// Makes an instance to see that it can be done.
    /// - Parameter hasBoundedWork: as the scan has found.
    /// - Throws: `.backend` with the runtime's words.
    init(_ model: LiteRTModel, hasBoundedWork: Bool, isGPU: Bool) throws(ExecutionError) {
        self.model = model
        self.hasBoundedWork = hasBoundedWork
        self.isGPU = isGPU
        let first = try LiteRTInstance(model, isGPU: isGPU)
        try first.makeReady()
        // Threads of an instance inherit the priority of the one that makes it, which here may be low.
        idle = Locked(model.library.threadCount == 1 ? [first] : [])
    }

    var inputs: [TensorSpecification] { model.inputs }
    var outputs: [TensorSpecification] { model.outputs }
    var allowsOverlappingRuns: Bool { true }
    /// Of the instances nothing is known: the runtime does not tell.
    var memoryByteCount: Int { model.memoryByteCount }

    func run(_ inputs: [Tensor], stop: RunStop) throws(ExecutionError) -> [Tensor?] {
        try check(inputs)
        let interrupt = LiteRTInterrupt.of(stop)
        return try stop.run(interruptedBy: interrupt) { () throws(ExecutionError) in
            try withInstance { instance throws(ExecutionError) in try instance.run(inputs, interrupt) }
        }
    }

    /// Runs without anybody who could end it.
    func runToItsEnd(_ inputs: [Tensor]) throws(ExecutionError) -> [Tensor?] {
        try check(inputs)
        return try withInstance { instance throws(ExecutionError) in try instance.run(inputs, nil) }
    }

    private func check(_ inputs: [Tensor]) throws(ExecutionError) {
        let expected = model.inputs
        guard inputs.count == expected.count else { throw LiteRTFailure.inputCount.error() }
        for index in inputs.indices where inputs[index].type != expected[index].type {
            throw LiteRTFailure.inputType.error()
        }
    }

    @inline(__always)
    private func withInstance(
        _ body: (LiteRTInstance) throws(ExecutionError) -> [Tensor?]
    ) throws(ExecutionError) -> [Tensor?] {
        let instance: LiteRTInstance
        if let free = idle.withLock({ $0.popLast() }) {
            instance = free
        } else {
            instance = try LiteRTInstance(model, isGPU: isGPU)
        }
        defer { idle.withLock { $0.append(instance) } }
        return try body(instance)
    }
}
