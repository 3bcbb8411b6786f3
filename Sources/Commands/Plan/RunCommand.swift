import Redis

/// A command that runs the model or script at its first key: what all spellings of it share.
public protocol RunCommand: Command where Failure == CommandError {
    associatedtype Request: RunCommandRequest

    /// Words of the shortest call, the command's name included.
    static var leastWordCount: Int { get }

    var request: Request { get }

    /// Looks at the key, and in its light at the words again.
    /// - Throws: what is wrong with one of them; which comes before what is wrong with the words alone.
    static func checkKey(of words: ArgumentReader, in context: borrowing RedisContext) throws(CommandError)
}

/// What such a command asks for, once its words are read.
public protocol RunCommandRequest {
    func run(in context: borrowing RedisContext) throws(CommandError)
}

extension RunCommand {
    public func run(in context: borrowing RedisContext) throws(CommandError) {
        try request.run(in: context)
    }

    /// What is wrong with the call or with what it runs is said before what is wrong with the words behind.
    public static func failure(
        _ failure: CommandError, parsing words: ArgumentReader, in context: borrowing RedisContext
    ) -> CommandError {
        do throws(CommandError) {
            try context.refuseTransaction(context.flags)
            guard words.count >= leastWordCount else { return failure }
            try checkKey(of: words, in: context)
            return failure
        } catch {
            return error
        }
    }
}
