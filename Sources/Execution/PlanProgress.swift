/// Decides which steps of a plan may start; pure, so that its tests are its specification.
///
/// A step may start when all steps that fill its inputs have ended, and the step before it on the same
/// device has. After a failure nothing starts any more; what runs may end.
struct PlanProgress: Sendable {
    /// What to do after an event.
    struct Action: Equatable, Sendable {
        /// Steps that may start now, in order.
        var start: [Int] = []
        /// Whether nothing runs and nothing will.
        var isEnded = false
    }

    private var unmetCounts: [Int]
    private var followers: [[Int]]
    private var runningCount = 0
    private var endedCount = 0
    /// Whether a step has failed or was not run.
    private(set) var isStopped = false

    /// - Parameters:
    ///   - inputs: per step, the slots it reads.
    ///   - outputs: per step, the slots it fills.
    ///   - devices: per step, a number that is the same for steps on the same device.
    init(inputs: [[Int]], outputs: [Range<Int>], devices: [Int]) {
        unmetCounts = Array(repeating: 0, count: inputs.count)
        followers = Array(repeating: [], count: inputs.count)
        // Outputs stand in the order of the steps, one behind the other.
        let firstSlot = outputs.first?.lowerBound ?? 0
        let makers = outputs.indices.flatMap { step in repeatElement(step, count: outputs[step].count) }
        var lastOnDevice: [Int: Int] = [:]
        for step in inputs.indices {
            var sources = Set(inputs[step].compactMap { $0 >= firstSlot ? makers[$0 - firstSlot] : nil })
            if let before = lastOnDevice.updateValue(step, forKey: devices[step]) { sources.insert(before) }
            unmetCounts[step] = sources.count
            for source in sources { followers[source].append(step) }
        }
    }

    /// The first steps.
    ///
    /// - Parameter count: how many steps have run already, in their order.
    mutating func begin(after count: Int = 0) -> Action {
        var action = act(starting: unmetCounts.indices.filter { unmetCounts[$0] == 0 })
        for step in 0..<count {
            let next = end(step, succeeded: true)
            action = Action(start: action.start + next.start, isEnded: next.isEnded)
        }
        action.start.removeAll { $0 < count }
        return action
    }

    /// A step that was started has ended.
    mutating func end(_ step: Int, succeeded: Bool) -> Action {
        runningCount -= 1
        endedCount += 1
        if !succeeded { isStopped = true }
        var ready: [Int] = []
        for follower in followers[step] {
            unmetCounts[follower] -= 1
            if unmetCounts[follower] == 0 { ready.append(follower) }
        }
        return act(starting: ready)
    }

    private mutating func act(starting ready: [Int]) -> Action {
        let start = isStopped ? [] : ready
        runningCount += start.count
        let isDone = isStopped || endedCount == unmetCounts.count
        return Action(start: start, isEnded: isDone && runningCount == 0)
    }
}
