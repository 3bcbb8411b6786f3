import CRedisModule

/// What the server calls for a command: builds the context and the reader, runs, and turns a failure
/// into the one error reply.
public enum CommandDispatch<Called: Command & ~Copyable> {
    /// - Parameters:
    ///   - context: the server's, valid during the call.
    ///   - vector: `count` words, the command's name first.
    @inline(__always)
    public static func run(
        _ context: OpaquePointer, _ vector: UnsafeMutablePointer<OpaquePointer>?, _ count: Int32
    ) -> Int32 {
        let context = unsafe RedisContext(context)
        let all = unsafe ArgumentReader(vector: vector, count: Int(count))
        if context.isAskedForKeys {
            Called.reportKeys(all, to: context)
            return Int32(REDIS_OK)
        }
        do throws(Called.Failure) {
            guard !Called.copiesWords || all.haveRoom else { throw .wordsTooLong }
            let command: Called
            do throws(Called.Failure) {
                var words = all
                command = try Called(parsing: &words)
            } catch {
                throw Called.failure(error, parsing: all, in: context)
            }
            try command.run(in: context)
        } catch {
            context.reply(error: error.text)
        }
        return Int32(REDIS_OK)
    }
}
