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
        let definition = value.definition
        loader.start(definition.backend, isAwaited: false) { backend throws(ExecutionError) in
            try definition.build(by: backend, as: value.label)
        } completion: { result in
            value.build.end(result)
        }
    }

    /// Builds that threads are at, also those that were given up.
    public var builds: [BuildReport] {
        let now = Monotonic.nanoseconds
        return watch.builds.map { build in
            BuildReport(
                backend: build.backend, milliseconds: (now - build.began) / 1_000_000, isStuck: build.isOver)
        }
    }

    /// Builds that no thread has begun; a hint.
    public var waitingBuildCount: Int { loader.waitingCount }

    /// Builds anew in the background what failed for a reason that may have passed.
    /// - Returns: whether it is loading again.
    public func rebuild(_ value: some Runnable) -> Bool {
        guard value.build.reopen(hasLibrary: loader.hasOpen(value.definition.backend)) else { return false }
        start(value)
        return true
    }

    /// A model or script that is ready, built while the calling thread waits.
    ///
    /// - Parameters:
    ///   - key: the one that will hold it, if that is known.
    ///   - isHurried: whether the server waits for it as well; else it is built like what clients store.
    /// - Throws: why it could not be built.
    public func ready<Definition: RunnableDefinition>(
        _ definition: Definition, for key: [UInt8]? = nil, isHurried: Bool = true
    ) throws(ExecutionError) -> Definition.Value {
        let value = try new(definition)
        if let key { value.label.set(key: key) }
        let loaded: Definition.Value.Loaded
        if isHurried {
            loaded = try loader.buildNow(definition.backend) { backend throws(ExecutionError) in
                try definition.build(by: backend, as: value.label)
            }
        } else {
            loaded = try loader.buildQueued(definition.backend) { backend throws(ExecutionError) in
                try definition.build(by: backend, as: value.label)
            }
        }
        value.build.end(.success(loaded))
        return value
    }

    /// Defines and builds a model or script in the background.
    ///
    /// - Parameters:
    ///   - device: where it will run; its queue is made before this returns.
    ///   - key: the one that will hold it, if that is known.
    ///   - define: called on a loader thread.
    ///   - completion: called once, on any thread, with what is ready or why there is nothing.
    /// - Throws: `.tooManyDevices`, `.queueUnavailable`; the completion is not called then.
    public func prepare<Definition: RunnableDefinition>(
        _ backend: BackendKind, on device: Device, for key: [UInt8]? = nil,
        define: @escaping @Sendable () throws(ExecutionError) -> Definition,
        completion: @escaping @Sendable (Result<Definition.Value, ExecutionError>) -> Void
    ) throws(ExecutionError) {
        try queue(for: device)
        loader.start(backend, isAwaited: true) { backend throws(ExecutionError) in
            let definition = try define()
            let label = ActivityLabel(backend.kind, definition.device, tag: definition.tag)
            if let key { label.set(key: key) }
            return (definition, try definition.build(by: backend, as: label))
        } completion: { (result: Result<(Definition, Definition.Value.Loaded), ExecutionError>) in
            do throws(ExecutionError) {
                let (definition, loaded) = try result.get()
                let value = try self.new(definition)
                value.build.end(.success(loaded))
                completion(.success(value))
            } catch {
                completion(.failure(error))
            }
        }
    }

    private func new<Definition: RunnableDefinition>(
        _ definition: Definition
    ) throws(ExecutionError) -> Definition.Value {
        let queue = try queue(for: definition.device)
        return Definition.Value(definition, build: loader.newBuild(of: Definition.Value.self), queue: queue)
    }
}

extension RunnableDefinition {
    /// Has the backend build it on the calling thread, of which crash reports tell that meanwhile.
    fileprivate func build(
        by runtime: some Backend, as label: ActivityLabel
    ) throws(ExecutionError) -> Value.Loaded {
        try Activity().during(label, of: backend, isBuild: true) { () throws(ExecutionError) in
            try load(by: runtime)
        }
    }
}
