import CONNXRuntime
import Execution
import Synchronization
import Tensors

/// A model that ONNX Runtime has made ready; runs may overlap.
///
/// A run costs the runtime's own call plus, per tensor, a wrapper that lets the runtime read our inputs and,
/// where the shape is known beforehand, write our outputs in place. Small tensors whose shapes come again are
/// copied to and from values that stay bound, which costs less.
@safe
final class ONNXRuntimeSession: LoadedModel, @unchecked Sendable {
    /// Whether outputs are written in place.
    enum Placement: UInt8, AtomicRepresentable {
        /// Not before a run has shown that the model keeps to what it declares.
        case untried
        case inPlace
        /// The model does not, so the runtime allocates and we copy.
        case copied
    }

    /// What one run works on; valid as long as it lasts.
    @safe
    private struct Run {
        /// Of the inputs, and room for those of the outputs behind them.
        let values: UnsafeMutableBufferPointer<OpaquePointer?>
        let results: UnsafeMutableBufferPointer<OpaquePointer?>
        let options: OpaquePointer
        let stop: RunStop
    }

    /// Inputs of a run that are large enough to have its work shared.
    private static let largeByteCount = 64 << 10

    let inputs: [TensorSpecification]
    let outputs: [TensorSpecification]
    let memoryByteCount: Int
    let table: ONNXRuntimeTable
    /// Of the library, which lives as long as the process.
    let memoryInfo: OpaquePointer
    let allocator: UnsafeMutablePointer<onnx_allocator>
    let library: ONNXRuntimeLibrary
    private let session: OpaquePointer
    private let reservedByteCount: Int
    private let inputNames: ONNXRuntimeNames
    private let outputNames: ONNXRuntimeNames
    private let plans: [OutputPlan?]
    /// What the runs so far have shown.
    let placement: Atomic<Placement>
    private let lengths = ONNXRuntimeRunLengths()
    /// Nil where values could lie in another memory than ours.
    let boundRuns: ONNXRuntimeBoundRuns?

    var allowsOverlappingRuns: Bool { true }
    /// Set before anybody else has the session.
    var hasBoundedWork = false

    /// Takes over a session of the runtime, also if it throws.
    ///
    /// - Parameters:
    ///   - allocated: bytes that it has taken through our allocator.
    ///   - reserved: bytes that it has taken elsewhere, reserved of our memory; given back at the end.
    ///   - isOnProcessor: whether it runs in the memory that we have, too.
    /// - Throws: what the runtime says when it is asked for names and types.
    init(
        adopting session: OpaquePointer, of library: ONNXRuntimeLibrary, allocated: Int, reserved: Int,
        isOnProcessor: Bool
    ) throws(ExecutionError) {
        let ends: (inputs: [ONNXRuntimeSignature], outputs: [ONNXRuntimeSignature])
        do throws(ExecutionError) {
            ends = try unsafe (
                library.signatures(of: session, .input), library.signatures(of: session, .output)
            )
        } catch {
            // Safety: ours, and nobody uses it.
            unsafe onnx_session_release(library.table.pointer, session)
            library.memory.giveBack(reserved)
            throw error
        }
        unsafe self.session = session
        self.library = library
        memoryByteCount = allocated + reserved
        reservedByteCount = reserved
        table = library.table
        unsafe memoryInfo = library.memoryInfo
        unsafe allocator = library.allocator
        inputs = ends.inputs.map(\.specification)
        outputs = ends.outputs.map(\.specification)
        inputNames = ONNXRuntimeNames(inputs.map(\.name))
        outputNames = ONNXRuntimeNames(outputs.map(\.name))
        plans = Self.plans(ends.inputs, ends.outputs)
        placement = Atomic(plans.contains { $0 != nil } ? .untried : .copied)
        boundRuns = isOnProcessor && plans.allSatisfy { $0 != nil } ? ONNXRuntimeBoundRuns() : nil
    }

    deinit {
        boundRuns?.end()
        // Safety: no run is under way, since each holds this object.
        unsafe onnx_session_release(table.pointer, session)
        library.memory.giveBack(reservedByteCount)
    }

    /// Plans for the outputs that a node computes, each for itself.
    ///
    /// The runtime passes an output that is an input on without writing it to the given place, and writes an
    /// output that is listed twice only once (seen with 1.32).
    private static func plans(
        _ inputs: [ONNXRuntimeSignature], _ outputs: [ONNXRuntimeSignature]
    ) -> [OutputPlan?] {
        let names = (inputs + outputs).map(\.specification.name)
        return outputs.map { output in
            let isOnce = names.count { $0 == output.specification.name } == 1
            guard isOnce, let type = output.specification.type, let dimensions = output.dimensions else {
                return nil
            }
            return OutputPlan(type: type, dimensions: dimensions, inputs: inputs.map(\.dimensions))
        }
    }

    /// Not even the first run with large inputs is to do all of its work itself.
    private func shareIfLarge(_ inputs: [Tensor]) {
        guard !library.helpers.areCalled else { return }
        let byteCount = inputs.reduce(0) { $0 + $1.byteCount }
        if byteCount >= Self.largeByteCount { library.helpers.call() }
    }

    func ran(for nanoseconds: Int) {
        guard !library.helpers.areCalled, lengths.areLong(with: nanoseconds) else { return }
        library.helpers.call()
    }

    func run(_ inputs: [Tensor], stop: RunStop) throws(ExecutionError) -> [Tensor?] {
        guard inputs.count == self.inputs.count else {
            throw .backend("ERR Expected \(self.inputs.count) inputs but got \(inputs.count)")
        }
        let interrupt = try ONNXRuntimeInterrupt.of(stop, table)
        return try stop.run(interruptedBy: interrupt) { () throws(ExecutionError) in
            if let outputs = unsafe runBound(inputs, interrupt.options) { return outputs }
            return try unsafe runWrapped(inputs, interrupt.options, stop)
        }
    }

    /// - Returns: nil if it has to be run without bound values.
    @inline(__always)
    private func runBound(_ inputs: [Tensor], _ options: OpaquePointer) -> [Tensor?]? {
        guard let boundRuns, placement.load(ordering: .relaxed) == .inPlace else { return nil }
        return unsafe boundRuns.run(session, inputs, options) { inputs in
            let shapes = plans.map { $0?.shape(for: inputs) }
            var outputs: [(type: DataType, shape: TensorShape)] = []
            for (plan, shape) in zip(plans, shapes) {
                guard let plan, let shape else { return nil }
                outputs.append((plan.type, shape))
            }
            return ONNXRuntimeBinding(self, inputs: inputs, outputs: outputs)
        }
    }

    private func runWrapped(
        _ inputs: [Tensor], _ options: OpaquePointer, _ stop: RunStop
    ) throws(ExecutionError) -> [Tensor?] {
        shareIfLarge(inputs)
        let capacity = inputs.count + outputs.count
        return try unsafe withUnsafeTemporaryAllocation(of: OpaquePointer?.self, capacity: capacity) {
            values throws(ExecutionError) in
            // Safety: the buffer has room for all inputs and outputs; every value in it is released here,
            // before the inputs that it may refer to can go.
            unsafe values.initialize(repeating: nil)
            defer {
                for index in 0..<capacity { unsafe release(&values[index]) }
                withExtendedLifetime(inputs) {}
            }
            for index in inputs.indices { unsafe values[index] = try unsafe value(of: inputs[index]) }
            let results = unsafe UnsafeMutableBufferPointer(
                start: values.baseAddress.map { unsafe $0 + inputs.count }, count: outputs.count)
            let run = unsafe Run(values: values, results: results, options: options, stop: stop)
            if placement.load(ordering: .relaxed) == .inPlace { return try runInPlace(inputs, run) }
            let tensors = try runAndCopy(run)
            if placement.load(ordering: .relaxed) == .untried { judge(tensors, of: inputs) }
            return tensors
        }
    }

    /// Runs with our tensors as outputs; without them, too, if that fails and not because it was stopped.
    private func runInPlace(_ inputs: [Tensor], _ run: Run) throws(ExecutionError) -> [Tensor?] {
        var tensors = try forEachOutput { index throws(ExecutionError) in
            unsafe plannedOutput(plans[index], inputs, &run.results[index])
        }
        guard let status = unsafe call(run) else {
            for index in outputs.indices {
                if let tensor = tensors[index] {
                    if tensor.type == .bool { unsafe normalise(run.results[index], count: tensor.byteCount) }
                } else {
                    tensors[index] = try unsafe tensor(index, from: run.results[index])
                }
            }
            return tensors
        }
        guard !run.stop.isRaised else { throw unsafe table.error(takenFrom: status) }
        // The runtime refuses a tensor whose shape is not what it computes. That the model declares a
        // wrong shape is known once a run without our tensors succeeds; else the inputs are to blame.
        unsafe onnx_status_release(table.pointer, status)
        for index in outputs.indices { unsafe release(&run.results[index]) }
        let copies = try runAndCopy(run)
        placement.store(.copied, ordering: .relaxed)
        return copies
    }

    /// Runs with outputs that the runtime allocates, and copies them.
    private func runAndCopy(_ run: Run) throws(ExecutionError) -> [Tensor?] {
        try unsafe table.check(call(run))
        return try forEachOutput { index throws(ExecutionError) in
            try unsafe tensor(index, from: run.results[index])
        }
    }

    /// A tensor of ours for the runtime to write to, if its shape is known.
    @inline(__always)
    private func plannedOutput(
        _ plan: OutputPlan?, _ inputs: [Tensor], _ value: inout OpaquePointer?
    ) -> Tensor? {
        guard let plan, let shape = plan.shape(for: inputs) else { return nil }
        // A declared shape for which memory does not suffice may still be wrong.
        return try? unsafe makeOutput(plan.type, shape, &value)
    }

    /// What `body` makes of each output; a literal is several times cheaper than other arrays (Swift 6.3).
    @inline(__always)
    private func forEachOutput(
        _ body: (Int) throws(ExecutionError) -> Tensor?
    ) throws(ExecutionError) -> [Tensor?] {
        guard outputs.count != 1 else { return [try body(0)] }
        return try outputs.indices.map(body)
    }

    @inline(__always)
    private func call(_ run: Run) -> OpaquePointer? {
        // Safety: a buffer of nothing has no address; the runtime reads as many values as it is told.
        guard let first = unsafe run.values.baseAddress, let result = unsafe run.results.baseAddress else {
            return nil
        }
        return unsafe onnx_session_run(
            table.pointer, session, run.options, inputNames.table, first, inputs.count, outputNames.table,
            outputs.count, result)
    }

    /// Decides after the first run how the next ones go.
    private func judge(_ tensors: [Tensor?], of inputs: [Tensor]) {
        let isAsPlanned = outputs.indices.allSatisfy { index in
            guard let plan = plans[index] else { return true }
            guard let tensor = tensors[index] else { return false }
            return tensor.type == plan.type && tensor.shape == plan.shape(for: inputs)
        }
        placement.store(isAsPlanned ? .inPlace : .copied, ordering: .relaxed)
    }

    // MARK: For bindings

    /// The caller releases it, before this session goes.
    func makeBinding() throws(ExecutionError) -> OpaquePointer {
        var binding: OpaquePointer?
        try unsafe table.check(onnx_binding_create(table.pointer, session, &binding))
        guard let binding = unsafe binding else { throw .outOfMemory }
        return unsafe binding
    }

    func bind(_ binding: OpaquePointer, input: Int, to value: OpaquePointer) throws(ExecutionError) {
        // Safety: all of it is alive; the name is copied.
        try unsafe table.check(
            onnx_binding_set_input(table.pointer, binding, inputNames.table[input], value))
    }

    func bind(_ binding: OpaquePointer, output: Int, to value: OpaquePointer) throws(ExecutionError) {
        // Safety: all of it is alive; the name is copied.
        try unsafe table.check(
            onnx_binding_set_output(table.pointer, binding, outputNames.table[output], value))
    }

    private func release(_ value: inout OpaquePointer?) {
        guard let old = unsafe value else { return }
        // Safety: ours, released once.
        unsafe onnx_value_release(table.pointer, old)
        unsafe value = nil
    }
}
