/// What keys hold and plans run: a model or a script, built from its definition in the background.
public protocol Runnable: AnyObject, Sendable {
    associatedtype Definition: RunnableDefinition where Definition.Value == Self
    /// What a backend makes of a definition.
    associatedtype Loaded: Sendable

    /// What the client said.
    var definition: Definition { get }
    /// Shared by all copies.
    var build: Build<Loaded> { get }
    var statistics: RunStatistics { get }
    /// What crash reports call it.
    var label: ActivityLabel { get }
    /// Bytes of memory: what was given and, once ready, its loaded form.
    var memoryByteCount: Int { get }

    /// - Parameter queue: where its runs wait.
    init(_ definition: Definition, build: Build<Loaded>, queue: RunQueue)

    /// Bytes of memory that a loaded form takes.
    static func memoryByteCount(of loaded: Loaded) -> Int
}

/// Everything that a client said about a model or a script.
public protocol RunnableDefinition: Sendable {
    associatedtype Value: Runnable where Value.Definition == Self

    var backend: BackendKind { get }
    var device: Device { get }
    /// Empty if none was given.
    var tag: [UInt8] { get }

    /// Has the backend build it; on any thread, may take seconds.
    func load(by backend: any Backend) throws(ExecutionError) -> Value.Loaded
}
