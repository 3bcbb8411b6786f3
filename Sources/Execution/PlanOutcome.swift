import Tensors

/// What a plan's slots hold and how its steps ended, while it runs and after.
public struct PlanOutcome: Sendable {
    /// In the first slots from the start.
    private let given: [Tensor]
    private let slotCount: Int
    private let stepCount: Int
    /// In the slots behind those, as far as steps have filled them.
    private var made: [Tensor?] = []
    /// Steps from the first on that ran, as long as all that have ended are among them.
    private(set) var ranCount = 0
    /// One per step, as far as steps have ended; empty while the count says it all.
    private var ended: [StepResult] = []

    public init(of plan: ExecutionPlan) {
        given = plan.tensors
        slotCount = plan.slotCount
        stepCount = plan.steps.count
    }

    /// The step that comes next while steps run one after the other; nil after the last one or a failure.
    var nextStep: Int? { ended.isEmpty && ranCount < stepCount ? ranCount : nil }

    /// Whether no step is left to be run.
    public var isEnded: Bool { nextStep == nil }

    /// What the slots hold, in order.
    public var tensors: [Tensor?] { (0..<slotCount).map { tensor($0) } }

    /// How the steps ended, in order.
    public var results: [StepResult] { (0..<stepCount).map { result($0) } }

    /// What a slot holds; nil where nothing was put, or something that is not a tensor.
    public func tensor(_ slot: Int) -> Tensor? {
        guard slot >= given.count else { return given[slot] }
        let index = slot - given.count
        return index < made.count ? made[index] : nil
    }

    /// How a step ended.
    public func result(_ step: Int) -> StepResult {
        guard ended.isEmpty else { return step < ended.count ? ended[step] : .notRun }
        return step < ranCount ? .ran : .notRun
    }

    /// Why the first failing step failed; nil if none did.
    public var firstError: ExecutionError? {
        for case .failed(let error) in ended { return error }
        return nil
    }

    /// The tensors of the slots, in order; nil if one of them is missing.
    func inputs(_ slots: SlotList) -> [Tensor]? {
        switch slots {
        case .range(let range): range == given.indices ? given : gather(range)
        case .list(let list): gather(list)
        }
    }

    private func gather(_ slots: some Collection<Int>) -> [Tensor]? {
        var gathered: [Tensor] = []
        gathered.reserveCapacity(slots.count)
        for slot in slots {
            guard let tensor = tensor(slot) else { return nil }
            gathered.append(tensor)
        }
        return gathered
    }

    /// A step has run.
    public mutating func end(_ step: Int, outputs: [Tensor?], in slots: Range<Int>) {
        if ended.isEmpty, step == ranCount { ranCount += 1 } else { end(step, .ran) }
        let first = slots.lowerBound - given.count
        // In a plan of one step its outputs are all there is.
        if first == 0, made.isEmpty { return made = outputs }
        while made.count < first + outputs.count { made.append(nil) }
        for (index, tensor) in outputs.enumerated() { made[first + index] = tensor }
    }

    /// A step has ended.
    public mutating func end(_ step: Int, _ result: StepResult) {
        if ended.isEmpty { ended = Array(repeating: .ran, count: ranCount) }
        while ended.count <= step { ended.append(.notRun) }
        ended[step] = result
    }
}
