import Messages
import Tensors

/// What flows ask of the server.
extension FlowService {
    /// - Parameter rest: who asks, the operation, arguments.
    /// - Throws: `ObjectError.sharedMemory`, after which nothing of what the process says can be believed.
    ///   All else is the answer.
    func call(_ number: Int, _ rest: ArraySlice<MessageValue>) throws(FlowError) {
        do throws(FlowError) {
            let parts = Array(rest)
            guard parts.count >= 2, let asker = parts[0].asInt, let operation = parts[1].asText else {
                throw .invalidCall
            }
            guard !holding.expired.contains(asker) || operation == "unatomic" else {
                throw .holding(.tooLong(milliseconds: holdLimitMilliseconds))
            }
            // It asks, and does not read.
            guard try !asked().isFull || operation == "unatomic" else { throw .process(.busy) }
            // Who holds a tensor may look at it, also on a thread that belongs to no flow.
            if operation == "tensor.data" { return try showData(of: parts.dropFirst(2).first, number) }
            let execution = executions.open[asker]
            guard let session = execution?.session ?? sessions.session(numbered: asker) else {
                throw .askerGone
            }
            // A script that was ended may be about to ask.
            guard execution != nil || !session.isAborted else { throw .aborted }
            try perform(
                operation,
                FlowCall(
                    number: number, asker: asker, session: session, execution: execution,
                    arguments: Array(parts[2...])))
        } catch {
            if case .object(.sharedMemory) = error { throw error }
            fail(number, error)
        }
    }

    private func perform(_ operation: String, _ call: FlowCall) throws(FlowError) {
        switch operation {
        case "execute": try execute(call)
        case "executeMany": try executeMany(call)
        case "executeRest": try executeRest(call)
        case "next": try callNext(call)
        case "override": try overrideReply(call)
        case "register": try register(call)
        case "run": try run(call)
        case "read": try readRecords(call)
        case "hashtag": try findTag(call)
        case "atomic": try atomic(call)
        case "unatomic": try unatomic(call)
        case "tensor.get": try getTensors(call)
        case "tensor.set": try setTensors(call)
        case "model.find": try findModel(call)
        case "model.run": try runModel(call, isAwaited: false)
        case "model.start": try runModel(call, isAwaited: true)
        case "script.find": try findScript(call)
        case "script.run": try runScript(call, isAwaited: false)
        case "script.start": try runScript(call, isAwaited: true)
        case "dag.model": try addModel(call)
        case "dag.script": try addScript(call)
        case "dag.check": try checkText(call)
        case "dag.run": try runDag(call)
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

    /// Answers a call with tensors: the number, type and dimensions of each, none for what is no tensor.
    /// Python holds them from then on.
    func answer(_ number: Int, tensors: [Tensor?]) throws(FlowError) {
        let connection = try asked()
        try connection.held.checkRoom(for: tensors.count)
        let numbered = tensors.map { tensor in tensor.map { (number: nextNumber(), tensor: $0) } }
        try answer(number) { writer in
            writer.list(numbered.count)
            for entry in numbered {
                guard let (number, tensor) = entry else {
                    writer.none()
                    continue
                }
                writer.tuple(3)
                writer.integer(number)
                writer.bytes(tensor.type.wireName.description)
                writer.list(tensor.shape.rank)
                for axis in 0..<tensor.shape.rank { writer.integer(tensor.shape[axis]) }
            }
        }
        for case (let number, let tensor)? in numbered { connection.held.hold(.tensor(tensor), as: number) }
    }

    /// Answers a call with the number of something that Python holds from then on.
    func answer(_ number: Int, object: HeldObjects.Object) throws(FlowError) {
        let connection = try asked()
        try connection.held.checkRoom(for: 1)
        let own = nextNumber()
        try answer(number) { $0.integer(own) }
        connection.held.hold(object, as: own)
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
