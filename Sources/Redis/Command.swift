/// A command of the server: read from words, then run.
///
/// Reading opens no key and can be tested with bytes alone; running does the rest and replies once.
public protocol Command: ~Copyable {
    associatedtype Failure: CommandFailure

    /// Whether it copies words into arrays and texts, whose failed allocation would end the server.
    static var copiesWords: Bool { get }

    /// Reads the words after the command's name.
    init(parsing words: inout ArgumentReader) throws(Failure)

    /// Does the work on the main thread, and replies or leaves that to a blocked client.
    consuming func run(in context: borrowing RedisContext) throws(Failure)

    /// The error to answer when reading failed, where what is stored decides which comes first.
    static func failure(
        _ failure: Failure, parsing words: ArgumentReader, in context: borrowing RedisContext
    ) -> Failure

    /// Tells the server which words are keys; called only for commands with keys that move.
    static func reportKeys(_ words: ArgumentReader, to context: borrowing RedisContext)
}

extension Command where Self: ~Copyable {
    public static var copiesWords: Bool { true }

    public static func failure(
        _ failure: Failure, parsing words: ArgumentReader, in context: borrowing RedisContext
    ) -> Failure { failure }

    public static func reportKeys(_ words: ArgumentReader, to context: borrowing RedisContext) {}
}

/// Why a command was refused.
public protocol CommandFailure: Error {
    /// The error's text, sent as it is.
    var text: String { get }

    /// There is no memory for copies of the command's words.
    static var wordsTooLong: Self { get }
}
