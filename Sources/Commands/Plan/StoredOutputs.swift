import Execution
import Keyspace
import Redis
import Tensors

/// Keys that the words of a command name for what its plan makes.
typealias PlanOutputs = StoredOutputs<ArgumentSlice>

/// Which slots of a plan are stored, and at which keys.
struct StoredOutputs<Keys: RandomAccessCollection<Argument>> {
    let keys: Keys
    /// One per key.
    let slots: SlotList
    /// Of the command; nil if it has returned meanwhile, so that writing may no longer be allowed.
    var flags: ContextFlags?

    /// All or nothing: the types of all keys are looked at before the first is written.
    /// - Throws: why the first failing step failed; `.notStored`, `.wrongType`, `.execution(.outOfMemory)`.
    func store(_ outcome: PlanOutcome, in context: borrowing RedisContext) throws(CommandError) {
        if let error = outcome.firstError { throw .execution(error) }
        if flags == nil, !keys.isEmpty, let obstacle = context.writeObstacle { throw .notStored(obstacle) }
        let tensors = ModuleState.current.tensors
        let isHeard = context.hasAudience(flags ?? context.flags)
        if isHeard { try checkRoom(for: outcome) }
        do throws(WrongType) {
            if keys.count > 1 { for key in keys { _ = try context.read(key).holds(tensors) } }
            for (index, key) in keys.enumerated() {
                let handle = context.write(key)
                let isHeld = try handle.holds(tensors)
                guard let tensor = outcome.tensor(slots[index]) else {
                    // Not a tensor. What an earlier run left there must not pass for this one's output.
                    if isHeld { delete(key, handle, in: context) }
                    continue
                }
                handle.set(tensor, tensors)
                if isHeard {
                    context.replicate("AI.TENSORSET", tensor.commandWords(key: key))
                } else if flags == nil {
                    // The command is over. Nobody hears this either, but it counts the change.
                    context.replicate("PING", CommandWords())
                } else {
                    context.replicateVerbatim()
                }
            }
        } catch {
            throw .wrongType
        }
    }

    /// Those who follow are sent copies, as words and in the server's buffers, which cannot be refused there.
    private func checkRoom(for outcome: PlanOutcome) throws(CommandError) {
        var byteCount = 0
        for index in 0..<keys.count {
            byteCount += outcome.tensor(slots[index])?.byteCount ?? 0
        }
        guard TensorAllocator.hasRoom(for: 2 * byteCount) else { throw .execution(.outOfMemory) }
    }

    private func delete(_ key: Argument, _ handle: borrowing KeyHandle, in context: borrowing RedisContext) {
        handle.delete()
        var words = CommandWords()
        words.append(key)
        context.replicate("DEL", words)
    }
}

extension SlotList {
    /// The slot at an index of the list.
    fileprivate subscript(index: Int) -> Int {
        switch self {
        case .range(let range): range.lowerBound + index
        case .list(let list): list[index]
        }
    }
}
