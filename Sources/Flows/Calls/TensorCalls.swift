import Keyspace
import Messages
import Redis
import Tensors

/// Tensors of keys, and their elements.
extension FlowService {
    /// Answers the tensors that keys hold.
    func getTensors(_ call: FlowCall) throws(FlowError) {
        var found: [Tensor] = []
        for key in try call.list(0) {
            guard let key = key.asBytes else { throw .invalidCall }
            found.append(try Self.tensor(at: Array(key), in: call.session).value)
        }
        try answer(call.number, tensors: found)
    }

    /// Answers the tensor that a key holds, and where Python is told when the key holds it no longer.
    ///
    /// It is told of small ones only: of a large one it might keep the region with a copy of the elements.
    /// Another module may write to one of its own.
    func findTensor(_ call: FlowCall) throws(FlowError) {
        let found = try Self.tensor(at: call.bytes(0), in: call.session)
        let isTrackable =
            found.value.byteCount < SharedElements.leastByteCount && !found.value.isWritable
        let slot = try slot(of: isTrackable ? found : nil, call, isLarge: false)
        try answer(call.number, tensorOfKey: found.value, slot: slot)
    }

    private static func tensor(
        at key: [UInt8], in session: FlowSession
    ) throws(FlowError) -> FlowSession.Content<Tensor> {
        do throws(FlowSession.KeyError) {
            let tensor = try session.content(at: key, ModuleState.current.tensors, for: "AI.TENSORGET")
            if let tensor { return tensor }
        } catch {
            switch error {
            case .holdsOther: throw .object(.keyHoldsNoTensor)
            case .refused(let error): throw error
            }
        }
        throw .object(.tensorMissing)
    }

    /// Puts tensors into keys, all or none.
    func setTensors(_ call: FlowCall) throws(FlowError) {
        var keys: [[UInt8]] = []
        var references: [MessageValue] = []
        for pair in try call.list(0) {
            guard let parts = pair.asList, parts.count == 2, let key = parts[0].asBytes else {
                throw .invalidCall
            }
            keys.append(Array(key))
            references.append(parts[1])
        }
        let tensors = try TensorReference.tensors(references, of: asked())
        try call.session.set(zip(keys, tensors).map { (key: $0, tensor: $1) })
        try answer(call.number) { $0.none() }
    }

    /// Answers the elements of a tensor: bytes, or the region where they are, with their offset and length.
    /// Regions that are gone come with that.
    ///
    /// - Parameters:
    ///   - held: the tensor's number.
    ///   - call: the call's.
    func showData(of held: MessageValue?, _ call: Int) throws(FlowError) {
        let connection = try asked()
        guard let number = held?.asInt else { throw .invalidCall }
        let tensor = try connection.held.tensor(number)
        guard tensor.byteCount >= SharedElements.leastByteCount,
            let region = connection.elements.region(of: tensor, numbered: number)
        else { return try answer(call, bytesOf: tensor) }
        let dropped = connection.elements.takeDropped()
        try answer(call) { writer in
            writer.tuple(dropped.isEmpty ? 3 : 4)
            writer.integer(region)
            writer.integer(0)
            writer.integer(tensor.byteCount)
            guard !dropped.isEmpty else { return }
            writer.list(dropped.count)
            for number in dropped { writer.integer(number) }
        }
    }

    private func answer(_ number: Int, bytesOf tensor: Tensor) throws(FlowError) {
        // The buffer of what is to be sent grows by doubling.
        guard TensorAllocator.hasRoom(for: 3 * min(tensor.byteCount, MessageLimits.byteCount)) else {
            throw .command(.execution(.outOfMemory))
        }
        try answer(number) { writer in tensor.withBytes { writer.bytes($0) } }
    }
}
