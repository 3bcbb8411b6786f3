import CTensorFlow
import Execution
import Formats
import Tensors

/// A model that TensorFlow has made ready; runs may overlap.
///
/// A run that is stopped closes the runtime's session for all. Those that are not to stop begin again in a
/// new session, which the first of them makes; it takes about as long as storing the model did.
final class TensorFlowSession: LoadedModel, @unchecked Sendable {
    typealias Builder = @Sendable () throws(ExecutionError) -> TensorFlowModel

    let inputs: [TensorSpecification]
    let outputs: [TensorSpecification]
    let memoryByteCount: Int
    let hasBoundedWork: Bool
    private let inputEnds: [TensorFlowEnd]
    private let outputEnds: [TensorFlowEnd]
    private let library: TensorFlowLibrary
    private let build: Builder
    private let current: Locked<Place>

    /// The model that runs use, with the places of its inputs and outputs.
    @safe
    private struct Place: @unchecked Sendable {
        let model: TensorFlowModel
        let inputs: [tensorflow_output]
        let outputs: [tensorflow_output]
    }

    /// How often a run begins again because others were stopped, before it fails.
    private static let mostAttempts = 100

    var allowsOverlappingRuns: Bool { true }

    /// - Parameters:
    ///   - model: ready to run.
    ///   - build: makes another one like it.
    init(
        _ model: TensorFlowModel, inputs: [TensorFlowEnd], outputs: [TensorFlowEnd],
        hasBoundedWork: Bool, memoryByteCount: Int, library: TensorFlowLibrary, build: @escaping Builder
    ) throws(ExecutionError) {
        self.inputs = inputs.map(\.specification)
        self.outputs = outputs.map(\.specification)
        inputEnds = inputs
        outputEnds = outputs
        self.memoryByteCount = memoryByteCount
        self.hasBoundedWork = hasBoundedWork
        self.library = library
        self.build = build
        current = Locked(try Self.place(model, inputs, outputs))
    }

    private static func place(
        _ model: TensorFlowModel, _ inputs: [TensorFlowEnd], _ outputs: [TensorFlowEnd]
    ) throws(ExecutionError) -> Place {
        unsafe Place(
            model: model, inputs: try places(inputs, in: model), outputs: try places(outputs, in: model))
    }

    private static func places(
        _ ends: [TensorFlowEnd], in model: TensorFlowModel
    ) throws(ExecutionError) -> [tensorflow_output] {
        try unsafe ends.map { end throws(ExecutionError) in
            guard let output = unsafe model.output(end.node, end.index) else {
                throw .backend("the graph has lost a node")
            }
            return unsafe output
        }
    }

    func run(_ inputs: [Tensor], stop: RunStop) throws(ExecutionError) -> [Tensor?] {
        guard inputs.count == self.inputs.count else {
            throw .backend("ERR Expected \(self.inputs.count) inputs but got \(inputs.count)")
        }
        for (input, specification) in zip(inputs, self.inputs) { try Self.check(input, specification) }
        let interrupt = TensorFlowInterrupt.of(stop)
        defer { interrupt.aim(at: nil) }
        for _ in 1..<Self.mostAttempts {
            let place = try currentPlace()
            interrupt.aim(at: place.model)
            // What is decided within the watched part: afterwards nobody knows whether it was stopped.
            let outputs = try stop.run(interruptedBy: interrupt) { () throws(ExecutionError) -> [Tensor?]? in
                do throws(ExecutionError) {
                    return try run(inputs, in: place)
                } catch {
                    guard place.model.isClosed, !stop.isRaised else { throw error }
                    return nil
                }
            }
            if let outputs { return outputs }
        }
        throw .backend("ERR the run was cancelled again and again by others that took too long")
    }

    /// The place of a session that is open.
    private func currentPlace() throws(ExecutionError) -> Place {
        let place = current.withLock { $0 }
        guard place.model.isClosed else { return place }
        let new = try Self.place(try build(), inputEnds, outputEnds)
        return current.withLock { current in
            // Another thread may have been faster.
            if current.model.isClosed { current = new }
            return current
        }
    }

    private func run(_ inputs: [Tensor], in place: Place) throws(ExecutionError) -> [Tensor?] {
        let capacity = inputs.count + outputs.count
        return try unsafe withUnsafeTemporaryAllocation(of: OpaquePointer?.self, capacity: capacity) {
            values throws(ExecutionError) in
            // Safety: the buffer has room for all inputs and outputs; every value in it is released here.
            unsafe values.initialize(repeating: nil)
            defer {
                for index in 0..<capacity {
                    guard let value = unsafe values[index] else { continue }
                    unsafe library.functions.pointer.pointee.TF_DeleteTensor(value)
                }
            }
            for index in inputs.indices { unsafe values[index] = try unsafe library.value(of: inputs[index]) }
            let results = unsafe UnsafeMutableBufferPointer(rebasing: values[inputs.count...])
            try unsafe place.model.run(place.inputs, values, place.outputs, results)
            return try outputs.indices.map { index throws(ExecutionError) in
                guard let value = unsafe results[index] else { return nil }
                return try unsafe library.tensor(from: value, named: outputs[index].name)
            }
        }
    }

    /// The runtime checks types in words that name no input, and shapes not at all before it computes.
    private static func check(_ input: Tensor, _ specification: TensorSpecification) throws(ExecutionError) {
        if let type = specification.type, input.type != type {
            throw .backend(
                "ERR input '\(name(specification))' has type \(input.type.wireName), the model takes "
                    + "\(type.wireName)")
        }
        guard let expected = specification.dimensions else { return }
        let shape = input.shape.dimensions
        let isMatch =
            shape.count == expected.count && zip(shape, expected).allSatisfy { $1 == nil || $0 == $1 }
        guard !isMatch else { return }
        let wanted = expected.map { $0.map(String.init) ?? "?" }.joined(separator: ", ")
        throw .backend(
            "ERR input '\(name(specification))' has shape \(shape), the model takes [\(wanted)]")
    }

    private static func name(_ specification: TensorSpecification) -> String {
        String(decoding: specification.name, as: UTF8.self).oneLine
    }
}
