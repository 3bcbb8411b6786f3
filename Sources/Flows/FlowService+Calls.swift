import Messages
import Tensors

/// What flows ask of the server.
extension FlowService {
    /// - Parameter rest: who asks, the operation, arguments.
    /// - Throws: `ObjectError.sharedMemory`, after which nothing of what the process says can be believed.
    ///   All else is the answer.
    func call(_ number: Int, _ rest: ArraySlice<MessageValue>) throws(FlowError) {
        do throws(FlowError) {
            guard rest.count >= 2, let asker = rest[rest.startIndex].asInt,
                let operation = rest[rest.startIndex + 1].asText
            else { throw .invalidCall }
            guard !holding.expired.contains(asker) || operation == "unatomic" else {
                throw .holding(.tooLong(milliseconds: holdLimitMilliseconds))
            }
            // It asks, and does not read.
            guard try !asked().isFull || operation == "unatomic" else { throw .process(.busy) }
            // Who holds a tensor may look at it, also on a thread that belongs to no flow.
            if operation == "tensor.data" { return try showData(of: rest.dropFirst(2).first, number) }
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
                    arguments: rest.dropFirst(2)))
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
        case "tensor.find": try findTensor(call)
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
        try hold(tensors) { numbered throws(FlowError) in try answer(number) { $0.tensors(numbered) } }
    }

    /// The same with the tensor of a key, and the slot of which Python will be told.
    func answer(_ number: Int, tensorOfKey tensor: Tensor, slot: Int?) throws(FlowError) {
        try hold([tensor]) { numbered throws(FlowError) in
            try answer(number) { writer in
                writer.tuple(2)
                writer.tensor(numbered[0])
                writer.integerOrNone(slot)
            }
        }
    }

    private func hold(
        _ tensors: [Tensor?], whenAnswered answer: ([NumberedTensor?]) throws(FlowError) -> Void
    ) throws(FlowError) {
        let connection = try asked()
        try connection.held.checkRoom(for: tensors.count)
        let numbered = tensors.map { tensor in tensor.map { (number: nextNumber(), tensor: $0) } }
        try answer(numbered)
        for case (let number, let tensor)? in numbered { connection.held.hold(.tensor(tensor), as: number) }
    }

    /// Answers a call with the number of something that Python holds from then on.
    func answer(_ number: Int, object: HeldObjects.Object) throws(FlowError) {
        try hold(object) { own throws(FlowError) in try answer(number) { $0.integer(own) } }
    }

    /// The same with what a key holds, and the slot of which Python will be told.
    func answer(_ number: Int, objectOfKey object: HeldObjects.Object, slot: Int?) throws(FlowError) {
        try hold(object) { own throws(FlowError) in
            try answer(number) { writer in
                writer.tuple(2)
                writer.integer(own)
                writer.integerOrNone(slot)
            }
        }
    }

    private func hold(
        _ object: HeldObjects.Object, whenAnswered answer: (Int) throws(FlowError) -> Void
    ) throws(FlowError) {
        let connection = try asked()
        try connection.held.checkRoom(for: 1)
        let own = nextNumber()
        try answer(own)
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

/// A tensor, and what Python calls it.
private typealias NumberedTensor = (number: Int, tensor: Tensor)

extension MessageWriter {
    fileprivate mutating func tensors(_ numbered: [NumberedTensor?]) {
        list(numbered.count)
        for entry in numbered { tensor(entry) }
    }

    fileprivate mutating func tensor(_ numbered: NumberedTensor?) {
        guard let (number, tensor) = numbered else { return none() }
        tuple(3)
        integer(number)
        text(tensor.type.wireName.description)
        self.tuple(tensor.shape.rank)
        for axis in 0..<tensor.shape.rank { integer(tensor.shape[axis]) }
    }

    fileprivate mutating func integerOrNone(_ value: Int?) {
        if let value { integer(value) } else { none() }
    }
}
