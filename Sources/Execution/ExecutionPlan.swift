import Tensors

/// Runs of models and calls of scripts, in order, over numbered slots that hold tensors. Each slot is
/// written once.
///
/// A single execution is a plan of one step.
public struct ExecutionPlan: Sendable {
    /// One run of one model, or one call of a script.
    public struct Step: Sendable {
        public let work: Work
        /// Slots that it reads, one per input.
        public let inputs: SlotList
        /// Slots that it fills, one per output.
        public let outputs: Range<Int>
    }

    public private(set) var steps: [Step] = []
    /// What the first slots hold before the first step; the others are filled by steps.
    public let tensors: [Tensor]
    /// Slots, those of the steps included.
    public private(set) var slotCount: Int

    /// - Parameter tensors: fill the first slots, in order.
    public init(tensors: [Tensor]) {
        self.tensors = tensors
        slotCount = tensors.count
    }

    /// Adds a run behind those there are.
    ///
    /// - Parameter inputs: slots that are filled at the start or by earlier steps.
    /// - Returns: the slots of its outputs.
    @discardableResult
    public mutating func addStep(_ model: Model, inputs: [Int], outputCount: Int) -> Range<Int> {
        addStep(.model(model), inputs: .list(inputs), outputCount: outputCount)
    }

    /// As above, with the slots in either form.
    @discardableResult
    public mutating func addStep(_ work: Work, inputs: SlotList, outputCount: Int) -> Range<Int> {
        let outputs = slotCount..<slotCount + outputCount
        slotCount += outputCount
        let step = Step(work: work, inputs: inputs, outputs: outputs)
        // A literal is several times cheaper than an array that grows (Swift 6.3).
        if steps.isEmpty { steps = [step] } else { steps.append(step) }
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

    /// Whether all slots are among the first so many.
    func areWithin(_ count: Int) -> Bool {
        switch self {
        case .range(let range): range.upperBound <= count
        case .list(let list): list.allSatisfy { $0 < count }
        }
    }
}

/// How one step ended.
public enum StepResult: Sendable {
    case ran
    case failed(ExecutionError)
    /// An earlier step failed, or nobody waits for the plan any more.
    case notRun
}
