import Tensors

/// Runs of models, in order, over numbered slots that hold tensors. Each slot is written once.
///
/// A single execution is a plan of one step.
public struct ExecutionPlan: Sendable {
    /// One run of one model.
    public struct Step: Sendable {
        public let model: Model
        /// Slots that it reads, one per input.
        public let inputs: SlotList
        /// Slots that it fills, one per output.
        public let outputs: Range<Int>
    }

    public private(set) var steps: [Step] = []
    /// What the slots hold before the first step; nil where a step puts something.
    public private(set) var tensors: [Tensor?]

    /// - Parameter slotCapacity: slots for which room is made at once.
    public init(slotCapacity: Int) {
        tensors = []
        tensors.reserveCapacity(slotCapacity)
    }

    /// - Parameter tensors: fill the first slots, in order.
    public init(tensors: [Tensor]) {
        self.init(slotCapacity: tensors.count)
        for tensor in tensors { append(tensor) }
    }

    /// Fills the next slot.
    public mutating func append(_ tensor: Tensor) { tensors.append(tensor) }

    /// Adds a run behind those there are.
    ///
    /// - Parameter inputs: slots that are filled at the start or by earlier steps.
    /// - Returns: the slots of its outputs.
    @discardableResult
    public mutating func addStep(_ model: Model, inputs: [Int], outputCount: Int) -> Range<Int> {
        addStep(model, inputs: .list(inputs), outputCount: outputCount)
    }

    /// As above, with the slots in either form.
    @discardableResult
    public mutating func addStep(_ model: Model, inputs: SlotList, outputCount: Int) -> Range<Int> {
        let outputs = tensors.count..<tensors.count + outputCount
        for _ in 0..<outputCount { tensors.append(nil) }
        steps.append(Step(model: model, inputs: inputs, outputs: outputs))
        return outputs
    }
}

/// Slots that a step reads; a range takes no memory, which counts on the way of a single run.
public enum SlotList: Sendable {
    case range(Range<Int>)
    case list([Int])

    public var slots: [Int] {
        switch self {
        case .range(let range): Array(range)
        case .list(let list): list
        }
    }

    var first: Int? {
        switch self {
        case .range(let range): range.first
        case .list(let list): list.first
        }
    }

    /// The tensors of the slots; nil if one of them is missing.
    func gather(_ tensors: [Tensor?]) -> [Tensor]? {
        switch self {
        case .range(let range): gather(range, tensors)
        case .list(let list): gather(list, tensors)
        }
    }

    private func gather(_ slots: some Collection<Int>, _ tensors: [Tensor?]) -> [Tensor]? {
        var gathered: [Tensor] = []
        gathered.reserveCapacity(slots.count)
        for slot in slots {
            guard let tensor = tensors[slot] else { return nil }
            gathered.append(tensor)
        }
        return gathered
    }
}

/// How one step ended.
public enum StepResult: Sendable {
    case ran
    case failed(ExecutionError)
    /// An earlier step failed, or nobody waits for the plan any more.
    case notRun
}

/// How a plan ended.
public struct PlanOutcome: Sendable {
    /// The slots; nil where nothing was put, or something that is not a tensor.
    public var tensors: [Tensor?]
    /// One per step.
    public var results: [StepResult]

    /// Why the first failing step failed; nil if none did.
    public var firstError: ExecutionError? {
        for case .failed(let error) in results { return error }
        return nil
    }
}
