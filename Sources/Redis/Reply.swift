import CRedisModule

/// Replies. Each command sends exactly one, an array counting as one with its elements.
extension RedisContext {
    /// `+OK`.
    @inline(__always)
    public func replyOK() { _ = unsafe redis_reply_ok(pointer) }

    /// A simple string.
    @inline(__always)
    public func reply(status: StaticString) {
        _ = unsafe redis_ReplyWithSimpleString(pointer, status.cString)
    }

    /// A simple string; line breaks become blanks.
    public func reply(status: String) {
        _ = unsafe Self.line(status).withCString { unsafe redis_ReplyWithSimpleString(pointer, $0) }
    }

    /// An error, sent as it is; line breaks become blanks.
    public func reply(error: String) {
        _ = unsafe Self.line(error).withCString { unsafe redis_ReplyWithError(pointer, $0) }
    }

    private static func line(_ text: String) -> String {
        guard text.contains(where: { $0 == "\n" || $0 == "\r" || $0 == "\r\n" }) else { return text }
        return String(decoding: text.utf8.map { $0 == 10 || $0 == 13 ? 32 : $0 }, as: UTF8.self)
    }

    @inline(__always)
    public func reply(integer: Int) { _ = unsafe redis_ReplyWithLongLong(pointer, Int64(integer)) }

    /// As the server prints its own doubles: a bulk string for RESP2 clients, a double for RESP3.
    @inline(__always)
    public func reply(real: Double) { _ = unsafe redis_ReplyWithDouble(pointer, real) }

    /// An integer up to 2^64-1; one that a RESP integer cannot hold goes out as a big number, which
    /// is a bulk string for RESP2 clients.
    public func reply(unsigned: UInt64) {
        if let small = Int64(exactly: unsigned) {
            _ = unsafe redis_ReplyWithLongLong(pointer, small)
            return
        }
        var digits = String(unsigned)
        digits.withUTF8 { text in
            let start = unsafe UnsafeRawPointer(text.baseAddress)?.assumingMemoryBound(to: CChar.self)
            guard let start = unsafe start else { return }
            if redis_has_ReplyWithBigNumber() {
                _ = unsafe redis_ReplyWithBigNumber(pointer, start, text.count)
            } else {
                _ = unsafe redis_ReplyWithStringBuffer(pointer, start, text.count)
            }
        }
    }

    /// A bulk string.
    @inline(__always)
    public func reply(bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBytes { raw in
            // Safety: the server copies before it returns.
            let start = unsafe raw.baseAddress?.assumingMemoryBound(to: CChar.self)
            _ = unsafe redis_ReplyWithStringBuffer(pointer, start, raw.count)
        }
    }

    /// A bulk string.
    @inline(__always)
    public func reply(bulk: StaticString) {
        _ = unsafe redis_ReplyWithStringBuffer(pointer, bulk.cString, bulk.utf8CodeUnitCount)
    }

    /// A bulk string.
    public func reply(bulk: [UInt8]) { reply(bytes: bulk.span) }

    /// A bulk string for RESP2 clients, a verbatim text for RESP3.
    public func reply(text: [UInt8]) {
        unsafe text.withUnsafeBytes { raw in
            // Safety: the server copies before it returns.
            let start = unsafe raw.baseAddress?.assumingMemoryBound(to: CChar.self)
            _ = unsafe redis_ReplyWithVerbatimString(pointer, start ?? StaticString("").cString, raw.count)
        }
    }

    public func replyNull() { _ = unsafe redis_ReplyWithNull(pointer) }

    /// Opens an array; `count` more replies belong to it.
    @inline(__always)
    public func reply(arrayOf count: Int) { _ = unsafe redis_ReplyWithArray(pointer, count) }

    /// Opens a map; `count` pairs of replies belong to it, each a name and a value.
    ///
    /// RESP2 clients, and all clients of servers before 7.0, get an array of names and values by turns.
    public func reply(mapOf count: Int) {
        guard redis_has_ReplyWithMap() else { return reply(arrayOf: 2 * count) }
        _ = unsafe redis_ReplyWithMap(pointer, count)
    }
}
