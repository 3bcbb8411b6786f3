import Execution
import Keyspace
import Redis
import Tensors

/// Where a DAG finds what lies outside of it: the keys of the client's database, or a test's.
///
/// It is asked while words are read, because a missing key is said before what is wrong further behind.
protocol DagKeyspace: ~Copyable {
    /// - Throws: `.tensorMissing`, `.wrongType`.
    func tensor(at key: Argument) throws(CommandError) -> Tensor

    /// - Throws: `.modelMissing`, `.wrongType`.
    func model(at key: Argument) throws(CommandError) -> Model

    /// - Throws: `.scriptMissing`, `.wrongType`.
    func script(at key: Argument) throws(CommandError) -> Script

    /// - Throws: `.zerosBeyondBulkLimit`, `.zerosBeyondMaxMemory`.
    func checkRoom(for tensor: Tensor) throws(CommandError)
}

extension RedisContext: DagKeyspace {
    func tensor(at key: Argument) throws(CommandError) -> Tensor { try TensorGet.tensor(at: key, in: self) }

    func model(at key: Argument) throws(CommandError) -> Model { try ModelGet.model(at: key, in: self) }

    func script(at key: Argument) throws(CommandError) -> Script {
        try ScriptGet.script(at: key, in: self)
    }
}
