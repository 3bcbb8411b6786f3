import Tensors

/// What a running script may ask of the server: `redis.execute` and `redisAI.model_execute`.
///
/// To be called within the script's run, one call at a time, on its thread or on another while it waits.
public protocol ScriptServer: AnyObject, Sendable {
    /// Has the server execute a command, in the database and with the rights of the client that started
    /// the run. Other clients' commands may come between two calls.
    /// - Throws: why it was refused or failed; the backend puts `Redis command returned an error: ` before
    ///   the words.
    func execute(_ command: [UInt8], _ arguments: [[UInt8]]) throws(ScriptServerError) -> ScriptReply

    /// Runs a model that a key holds, on the calling thread.
    /// - Parameter inputs: contiguous.
    /// - Throws: in the words that a client would read.
    func runModel(
        _ key: [UInt8], inputs: [Tensor], outputCount: Int
    ) throws(ScriptServerError) -> [Tensor]
}

/// Why the server did not do what a script asked for.
public struct ScriptServerError: Error, Equatable {
    public let text: String
    public init(_ text: String) { self.text = text }
}

/// What a command answered.
public enum ScriptReply: Equatable, Sendable {
    case null
    case integer(Int64)
    /// Of a status or a bulk string.
    case bytes([UInt8])
    case list([ScriptReply])
}

/// The keys and commands of the server, as the client sees them that started a run; any thread.
public protocol ScriptKeyspace: AnyObject, Sendable {
    /// - Parameter isWanted: asked once nobody can change the server any more; if not, nothing is done, and
    ///   the words for a lost run are thrown.
    func execute(
        _ command: [UInt8], _ arguments: [[UInt8]], if isWanted: () -> Bool
    ) throws(ScriptServerError) -> ScriptReply

    /// The model that a key holds.
    func model(at key: [UInt8]) throws(ScriptServerError) -> Model

    /// The words for a failed run.
    func words(of error: ExecutionError) -> String
}
