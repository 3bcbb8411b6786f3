import Tensors

/// What one step of a plan does.
public enum Work: Sendable {
    case model(Model)
    case script(ScriptTask)

    /// Where it waits for a worker.
    var queue: RunQueue {
        switch self {
        case .model(let model): model.queue
        case .script(let task): task.script.queue
        }
    }

    /// Counts a run on a worker that was lost after so long.
    func recordLoss(of inputs: [Tensor], nanoseconds: Int) {
        switch self {
        case .model(let model):
            model.statistics.recordFailure(isInline: false)
            model.costs.recordFailure(nanoseconds, RunSize(inputs))
        case .script(let task): task.script.statistics.recordFailure(isInline: false)
        }
    }

    /// Calls `action` once it can run, or cannot: at once if that is known, else on the thread that ends
    /// the build.
    func whenBuilt(_ action: @escaping @Sendable () -> Void) {
        switch self {
        case .model(let model): model.build.whenEnded(action)
        case .script(let task): task.script.build.whenEnded(action)
        }
    }

    /// How long a run on the thread that asks is expected to take, in nanoseconds; nil if it has to be
    /// queued.
    ///
    /// - Parameters:
    ///   - size: of its inputs; nil = as that of the last run.
    ///   - rows: of its first input.
    @inline(__always)
    func expectedInlineNanoseconds(_ size: RunSize?, rows: Int) -> Int? {
        switch self {
        case .model(let model):
            guard model.mayRunInline(rows: rows) else { return nil }
            guard let size else { return model.costs.latest }
            return model.costs.expected(size)
        // It loops and calls commands as its arguments say, so its past tells nothing of its next call.
        case .script: return nil
        }
    }

    /// Runs once on the calling thread, and counts that.
    ///
    /// - Parameters:
    ///   - size: of the inputs, for who knows it.
    ///   - slot: the thread's.
    ///   - waitingSince: when it could have run, on the clock `Monotonic`; nil if it runs inline.
    @inline(__always)
    func run(
        _ inputs: [Tensor], size: RunSize? = nil, outputCount: Int, slot: RunSlot, waitingSince: Int? = nil
    ) throws(ExecutionError) -> [Tensor?] {
        switch self {
        case .model(let model):
            try model.run(
                inputs, size: size, outputCount: outputCount, slot: slot, waitingSince: waitingSince)
        case .script(let task):
            try task.run(inputs, outputCount: outputCount, slot: slot, waitingSince: waitingSince)
        }
    }
}
