import Messages

/// What flows ask of the server.
extension FlowService {
    /// - Parameter rest: who asks, the operation, arguments.
    func call(_ number: Int, _ rest: ArraySlice<MessageValue>) {
        do throws(FlowError) {
            let parts = Array(rest)
            guard parts.count >= 2, let asker = parts[0].asInt, let operation = parts[1].asText else {
                throw .invalidCall
            }
            guard !holding.expired.contains(asker) || operation == "unatomic" else {
                throw .holding(.tooLong(milliseconds: holdLimitMilliseconds))
            }
            let execution = executions.open[asker]
            guard let session = execution?.session ?? sessions.session(numbered: asker) else {
                throw .askerGone
            }
            try perform(
                operation,
                FlowCall(
                    number: number, asker: asker, session: session, execution: execution,
                    arguments: Array(parts[2...])))
        } catch {
            fail(number, error)
        }
    }

    private func perform(_ operation: String, _ call: FlowCall) throws(FlowError) {
        switch operation {
        case "execute": try execute(call)
        case "executeMany": try executeMany(call)
        case "register": try register(call)
        case "run": try run(call)
        case "read": try readRecords(call)
        case "atomic": try atomic(call)
        case "unatomic": try unatomic(call)
        default: throw .unknownOperation(String(operation.prefix(40)))
        }
    }

    /// Answers a call.
    /// - Parameter fill: writes one value.
    func answer(_ number: Int, _ fill: (inout MessageWriter) -> Void) throws(FlowError) {
        try send(.reply, number, valueCount: 2) { writer in
            writer.bool(false)
            fill(&writer)
        }
    }

    /// Answers a call with an error, which the flow can catch.
    func fail(_ number: Int, _ error: FlowError) {
        do throws(FlowError) {
            try send(.reply, number, valueCount: 2) { writer in
                writer.bool(true)
                writer.bytes(error.text)
            }
        } catch {
            guard case .answerTooLong = error else { return }
            // Texts of the server are short; this one came with what was asked.
            fail(number, .invalidCall)
        }
    }
}
