import Commands
import Keyspace
import Redis
import Tensors

/// What the session's user may see and change in the keys of its database.
extension FlowSession {
    /// Why a key was not shown.
    enum KeyError: Error {
        case holdsOther
        case refused(FlowError)
    }

    /// What a key holds, and whether it does so until `KeyDepartures` says otherwise.
    typealias Content<Value> = (value: Value, isKept: Bool)

    /// What a key holds.
    ///
    /// - Parameter command: what a client would send to have done what this is for.
    /// - Returns: nil if there is nothing.
    func value<Value: StoredValue>(
        at key: [UInt8], _ type: ModuleType<Value>, for command: StaticString
    ) throws(KeyError) -> Value? {
        try content(at: key, type, for: command)?.value
    }

    /// The same with whether it stays.
    func content<Value: StoredValue>(
        at key: [UInt8], _ type: ModuleType<Value>, for command: StaticString
    ) throws(KeyError) -> Content<Value>? {
        let found: Result<Content<Value>?, WrongType>
        do throws(FlowError) {
            found = try checked { () throws(ServerCallFailure) in
                try access.read(key, for: command) { context, name in
                    Result { () throws(WrongType) in
                        let handle = context.read(name)
                        return try handle.value(type).map { ($0, handle.keeps($0)) }
                    }
                }
            }
        } catch {
            throw .refused(error)
        }
        do throws(WrongType) { return try found.get() } catch { throw .holdsOther }
    }

    /// Puts tensors into keys, all or none, as `AI.TENSORSET` does.
    /// - Throws: `ObjectError.keyHoldsOther`; `.command`, `.serverCall`.
    func set(_ tensors: [(key: [UInt8], tensor: Tensor)]) throws(FlowError) {
        let outcome = try checked { () throws(ServerCallFailure) in
            try access.write(tensors.map(\.key), for: "AI.TENSORSET") { context, names in
                Result { () throws(FlowError) in
                    try Self.set(tensors.map(\.tensor), at: names, in: context)
                }
            }
        }
        try outcome.get()
    }

    private static func set(
        _ tensors: [Tensor], at names: [Argument], in context: borrowing RedisContext
    ) throws(FlowError) {
        let type = ModuleState.current.tensors
        do throws(WrongType) {
            for name in names { _ = try context.read(name).holds(type) }
        } catch {
            throw .object(.keyHoldsOther)
        }
        let isHeard = context.hasAudience(context.flags)
        try checkRoom(for: tensors, isHeard: isHeard, in: context)
        for (name, tensor) in zip(names, tensors) {
            context.write(name).set(tensor, type)
            if isHeard {
                context.replicate("AI.TENSORSET", tensor.commandWords(key: name))
            } else {
                // Nobody hears this, but it counts the change.
                context.replicate("PING", CommandWords())
            }
        }
    }

    /// The tensors are there already; those who follow are sent copies, which cannot be refused there.
    private static func checkRoom(
        for tensors: [Tensor], isHeard: Bool, in context: borrowing RedisContext
    ) throws(FlowError) {
        let byteCount = tensors.reduce(0) { $0 + $1.byteCount }
        if context.flags.contains(.outOfMemory), let room = context.memoryRoom(before: byteCount),
            byteCount > room
        {
            throw .command(.zerosBeyondMaxMemory(byteCount: byteCount, room: room))
        }
        guard !isHeard || TensorAllocator.hasRoom(for: 2 * byteCount) else {
            throw .command(.execution(.outOfMemory))
        }
    }

    /// The operations that a text of a DAG stands for, as far as the user may have them done.
    /// - Throws: `ObjectError.dagBegin`; `.command`, `.serverCall`.
    func operations(_ text: [UInt8]) throws(FlowError) -> [DagFragment.Operation] {
        // Words of one byte and a blank each take the most, as copies of ours and as strings of the server's.
        guard TensorAllocator.hasRoom(for: Self.bytesOfWords * text.count) else {
            throw .command(.execution(.outOfMemory))
        }
        let words = text.split(separator: UInt8(ascii: " ")).map { Array($0) }
        guard let first = words.first, DagFragment.isBegun(by: first) else { throw .object(.dagBegin) }
        let server = ScriptAccess(access)
        let read = try checked { () throws(ServerCallFailure) in
            try access.withRights { context, rights in
                Result { () throws(CommandError) in
                    try DagFragment.operations(words, in: context, by: rights, asking: server)
                }
            }
        }
        do throws(CommandError) { return try read.get() } catch { throw .command(error) }
    }

    private static var bytesOfWords: Int { 128 }

    /// Does what the server checks the user's rights for, if it can.
    private func checked<Outcome>(
        _ body: () throws(ServerCallFailure) -> Outcome
    ) throws(FlowError) -> Outcome {
        guard ServerAccess.checksRights || FlowService.current.settings.allowsUncheckedScripts else {
            throw .serverCall(.unchecked)
        }
        do throws(ServerCallFailure) { return try body() } catch { throw .serverCall(error) }
    }
}
