import Messages

/// A question of a flow's.
struct FlowCall {
    /// Of the answer.
    let number: Int
    /// Who asks, by the number of the execution, or else of the session.
    let asker: Int
    /// Whose flow asks.
    let session: FlowSession
    /// The execution that asks; nil for the script itself, and for what it runs beside executions.
    let execution: FlowExecution?
    /// As Python has sent them.
    let arguments: ArraySlice<MessageValue>

    /// Whether whoever asks is still at work, as far as the server knows.
    var isOpen: Bool { execution.map { !$0.isOver } ?? (session.number == asker) }

    /// An argument.
    /// - Throws: `.invalidCall` if there is none.
    func argument(_ index: Int) throws(FlowError) -> MessageValue {
        guard index < arguments.count else { throw .invalidCall }
        return arguments[arguments.startIndex + index]
    }

    func list(_ index: Int) throws(FlowError) -> [MessageValue] {
        guard let list = try argument(index).asList else { throw .invalidCall }
        return list
    }

    func integer(_ index: Int) throws(FlowError) -> Int {
        guard let number = try argument(index).asInt else { throw .invalidCall }
        return number
    }

    func flag(_ index: Int) throws(FlowError) -> Bool {
        guard let flag = try argument(index).asBool else { throw .invalidCall }
        return flag
    }

    func bytes(_ index: Int) throws(FlowError) -> [UInt8] {
        guard let bytes = try argument(index).asBytes else { throw .invalidCall }
        return Array(bytes)
    }

    func text(_ index: Int) throws(FlowError) -> String {
        guard let text = try argument(index).asText else { throw .invalidCall }
        return text
    }
}
