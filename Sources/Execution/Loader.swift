import Tensors

/// Turns definitions into models and scripts in the background, at low priority: first those that a client
/// waits for, else first come, first served.
///
/// A build that reaches its limit has failed. Nobody can end its thread, so another takes its place.
final class Loader: Sendable {
    /// Two help; a third only takes cores from the server.
    private static let threadCount = 2
    private static let niceness: Int32 = 10
    /// Below this, freeing costs less than handing over.
    private static let largeByteCount = 1 << 20

    private let provider: any BackendProvider
    private let watch: RunWatch
    private let limit: @Sendable () -> Int
    private let builders: WorkQueue
    /// Builds while the server waits, at its own priority.
    private let inPlace: WorkQueue
    /// Opens libraries at normal priority: threads that a library starts inherit the priority.
    private let opener: WorkQueue

    /// - Parameters:
    ///   - pool: whose workers can be hired for it.
    ///   - watch: gives up what takes too long.
    ///   - limit: milliseconds that a build may take; asked anew each time, on any thread.
    init(
        provider: any BackendProvider, pool: WorkerPool, watch: RunWatch, limit: @escaping @Sendable () -> Int
    ) {
        self.provider = provider
        self.watch = watch
        self.limit = limit
        builders = WorkQueue(
            name: "ai:load", threadCount: Self.threadCount, niceness: Self.niceness, pool: pool)
        inPlace = WorkQueue(name: "ai:build", threadCount: 1, pool: pool)
        opener = WorkQueue(name: "ai:open", threadCount: 1, pool: pool)
    }

    /// Builds that no thread has begun; a hint.
    var waitingCount: Int { builders.waitingCount + inPlace.waitingCount }

    /// Builds in the background, once the backend's library is open.
    ///
    /// - Parameters:
    ///   - isAwaited: whether a client waits for it.
    ///   - completion: called once, on any thread: the calling one if no thread can be started.
    func start<Product: Sendable>(
        _ kind: BackendKind, isAwaited: Bool,
        build: @escaping @Sendable (any Backend) throws(ExecutionError) -> Product,
        completion: @escaping @Sendable (Result<Product, ExecutionError>) -> Void
    ) {
        if let backend = provider.loaded(kind) {
            return add(build, with: backend, to: builders, isAwaited: isAwaited, completion)
        }
        let isTaken = opener.enqueue {
            do throws(ExecutionError) {
                let backend = try self.provider.backend(kind)
                self.add(build, with: backend, to: self.builders, isAwaited: isAwaited, completion)
            } catch {
                completion(.failure(error))
            }
        }
        if !isTaken { completion(.failure(.builderUnavailable)) }
    }

    /// Builds while the calling thread waits, at most until the limit.
    /// - Throws: why there is nothing.
    func buildNow<Product: Sendable>(
        _ kind: BackendKind, build: @escaping @Sendable (any Backend) throws(ExecutionError) -> Product
    ) throws(ExecutionError) -> Product {
        let backend = try provider.backend(kind)
        let result = Monitor<Result<Product, ExecutionError>?>(nil)
        add(build, with: backend, to: inPlace, isAwaited: true) { made in
            result.withLock { $0 = made }
            result.signal()
        }
        return try result.wait { made in made.map { .done($0) } ?? .until(nanoseconds: nil) }.get()
    }

    /// The same in the background, like what clients store: for threads that the server does not wait for.
    /// - Throws: why there is nothing.
    func buildQueued<Product: Sendable>(
        _ kind: BackendKind, build: @escaping @Sendable (any Backend) throws(ExecutionError) -> Product
    ) throws(ExecutionError) -> Product {
        let result = Monitor<Result<Product, ExecutionError>?>(nil)
        start(kind, isAwaited: true, build: build) { made in
            result.withLock { $0 = made }
            result.signal()
        }
        return try result.wait { made in made.map { .done($0) } ?? .until(nanoseconds: nil) }.get()
    }

    private func add<Product: Sendable>(
        _ build: @escaping @Sendable (any Backend) throws(ExecutionError) -> Product,
        with backend: any Backend, to queue: WorkQueue, isAwaited: Bool,
        _ completion: @escaping @Sendable (Result<Product, ExecutionError>) -> Void
    ) {
        // Here, so that it has the priority of the thread that asks.
        watch.makeThread()
        let item = WorkQueue.Item(
            isUrgent: isAwaited,
            work: { worker in
                let turn = BuildTurn(backend.kind, on: queue, worker, limit: self.limit) {
                    completion(.failure($0))
                }
                self.watch.begin(turn)
                let result: Result<Product, ExecutionError>
                do throws(ExecutionError) { result = .success(try build(backend)) } catch {
                    result = .failure(error)
                }
                self.watch.end(turn)
                if turn.end() { completion(result) }
            }, refused: { completion(.failure(.buildersStuck(count: $0))) })
        do throws(ExecutionError) { try queue.add(item) } catch { completion(.failure(error)) }
    }

    /// Whether the backend's library is open.
    func hasOpen(_ kind: BackendKind) -> Bool { provider.loaded(kind) != nil }

    /// A build that has not begun.
    func newBuild<Value: Runnable>(of type: Value.Type) -> Build<Value.Loaded> {
        Build { self.dispose($0, byteCount: Value.memoryByteCount(of: $0)) }
    }

    private func dispose(_ loaded: some Sendable, byteCount: Int) {
        guard byteCount >= Self.largeByteCount else { return }
        // Without a thread it is freed here and now.
        _ = builders.enqueue { withExtendedLifetime(loaded) {} }
    }
}
