import CRedisModule

extension RedisContext {
    /// Bytes that `maxmemory` left for a new value; nil without a limit.
    ///
    /// All of it where the server makes room by removing other keys.
    /// - Parameter byteCount: of the value, which is there already.
    public func memoryRoom(before byteCount: Int) -> Int? {
        guard let limit = number(ofSetting: "maxmemory"), limit > 0 else { return nil }
        guard text(ofSetting: "maxmemory-policy") == "noeviction" else { return limit }
        let left = Double(limit) * (1 - Double(redis_GetUsedMemoryRatio()))
        return max(0, Int(left) + byteCount)
    }

    /// A setting of the server that is a number; nil if there is none.
    public func number(ofSetting name: StaticString) -> Int? { text(ofSetting: name).flatMap { Int($0) } }

    /// What `CONFIG GET` says of a setting; nil if there is none.
    private func text(ofSetting name: StaticString) -> String? {
        var words = CommandWords()
        words.append("GET")
        words.append(name)
        var answer: OpaquePointer?
        unsafe words.withVector { vector, count in
            var reason: Int32 = 0
            // Safety: the words live as long as the call.
            unsafe answer = redis_call(pointer, "CONFIG", "v", vector, count, &reason)
        }
        guard let reply = unsafe answer else { return nil }
        defer { unsafe redis_FreeCallReply(reply) }
        guard unsafe redis_CallReplyType(reply) == REDIS_REPLY_ARRAY,
            unsafe redis_CallReplyLength(reply) == 2,
            let value = unsafe redis_CallReplyArrayElement(reply, 1)
        else { return nil }
        var length = 0
        guard let bytes = unsafe redis_CallReplyStringPtr(value, &length) else { return nil }
        // Safety: the bytes belong to the reply.
        return unsafe String(
            decoding: UnsafeRawBufferPointer(start: bytes, count: length), as: UTF8.self)
    }
}
