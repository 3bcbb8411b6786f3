import Redis
import Tensors

extension RedisContext {
    /// Refuses zeros for which the server would have no room if they had been sent, as other bytes are.
    ///
    /// Looks at the server's settings only for a mebibyte and more.
    func checkRoom(for tensor: Tensor) throws(CommandError) {
        let byteCount = tensor.byteCount
        guard tensor.isZeros, byteCount >= 1 << 20 else { return }
        if let limit = number(ofSetting: "proto-max-bulk-len"), byteCount > limit {
            throw .zerosBeyondBulkLimit(byteCount: byteCount, limit: limit)
        }
        if let room = memoryRoom(before: byteCount), byteCount > room {
            throw .zerosBeyondMaxMemory(byteCount: byteCount, room: room)
        }
    }
}
