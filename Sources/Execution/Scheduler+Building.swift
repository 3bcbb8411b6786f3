/// How models and scripts come into being.
extension Scheduler {
    /// A model or script in state loading, which becomes ready or failed in the background.
    ///
    /// One whose device gets no queue has failed: somebody else has accepted it, and its bytes are kept.
    /// - Throws: `.tooManyDevices` or `.queueUnavailable` if there is no queue at all.
    public func loading<Definition: RunnableDefinition>(
        _ definition: Definition
    ) throws(ExecutionError) -> Definition.Value {
        do throws(ExecutionError) {
            let value = try new(definition)
            start(value)
            return value
        } catch {
            guard let other = allQueues.first else { throw error }
            let build = loader.newBuild(of: Definition.Value.self)
            build.end(.failure(error))
            return Definition.Value(definition, build: build, queue: other)
        }
    }

    private func start(_ value: some Runnable) {
        loader.start(value.definition.backend) { [loader] in
            loader.buildNow(value)
        } failed: { error in
            value.build.end(.failure(error))
        }
    }

    /// Builds anew in the background what lacked its library when that was tried, if it is open now.
    /// - Returns: whether it is loading again.
    public func rebuild(_ value: some Runnable) -> Bool {
        guard loader.hasOpen(value.definition.backend), value.build.reopen() else { return false }
        start(value)
        return true
    }

    /// A model or script that is ready, built on the calling thread.
    /// - Throws: why it could not be built.
    public func ready<Definition: RunnableDefinition>(
        _ definition: Definition
    ) throws(ExecutionError) -> Definition.Value {
        let value = try new(definition)
        loader.buildNow(value)
        _ = try value.build.loaded()
        return value
    }

    /// Defines and builds a model or script in the background.
    ///
    /// - Parameters:
    ///   - device: where it will run; its queue is made before this returns.
    ///   - define: called on a loader thread.
    ///   - completion: called once on a background thread, with what is ready or why there is nothing.
    /// - Throws: `.tooManyDevices`, `.queueUnavailable`; the completion is not called then.
    public func prepare<Definition: RunnableDefinition>(
        _ backend: BackendKind, on device: Device,
        define: @escaping @Sendable () throws(ExecutionError) -> Definition,
        completion: @escaping @Sendable (Result<Definition.Value, ExecutionError>) -> Void
    ) throws(ExecutionError) {
        try queue(for: device)
        loader.start(backend) {
            do throws(ExecutionError) {
                completion(.success(try self.ready(try define())))
            } catch {
                completion(.failure(error))
            }
        } failed: { error in
            completion(.failure(error))
        }
    }

    private func new<Definition: RunnableDefinition>(
        _ definition: Definition
    ) throws(ExecutionError) -> Definition.Value {
        let queue = try queue(for: definition.device)
        return Definition.Value(definition, build: loader.newBuild(of: Definition.Value.self), queue: queue)
    }
}
