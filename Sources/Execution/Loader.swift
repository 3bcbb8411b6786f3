import Tensors

/// Turns definitions into models and scripts in the background, at low priority, first come, first served.
final class Loader: Sendable {
    /// Two help; a third only takes cores from the server.
    private static let threadCount = 2
    private static let niceness: Int32 = 10
    /// Below this, freeing costs less than handing over.
    private static let largeByteCount = 1 << 20

    private let provider: any BackendProvider
    private let builders: WorkQueue
    /// Opens libraries at normal priority: threads that a library starts inherit the priority.
    private let opener: WorkQueue

    /// - Parameter pool: whose workers can be hired for it.
    init(provider: any BackendProvider, pool: WorkerPool) {
        self.provider = provider
        builders = WorkQueue(
            name: "ai:load", threadCount: Self.threadCount, niceness: Self.niceness, pool: pool)
        opener = WorkQueue(name: "ai:open", threadCount: 1, pool: pool)
    }

    /// Calls one of two functions in the background, when the backend's library is open or cannot be.
    ///
    /// `failed` is called at once, on the calling thread, if no thread can be started.
    func start(
        _ kind: BackendKind, ready: @escaping @Sendable () -> Void,
        failed: @escaping @Sendable (ExecutionError) -> Void
    ) {
        guard !hasOpen(kind) else { return build(ready, failed: failed) }
        let isTaken = opener.enqueue {
            do throws(ExecutionError) {
                _ = try self.provider.backend(kind)
                self.build(ready, failed: failed)
            } catch {
                failed(error)
            }
        }
        if !isTaken { failed(.queueUnavailable) }
    }

    private func build(
        _ ready: @escaping @Sendable () -> Void, failed: @Sendable (ExecutionError) -> Void
    ) {
        if !builders.enqueue(ready) { failed(.queueUnavailable) }
    }

    /// Whether the backend's library is open.
    func hasOpen(_ kind: BackendKind) -> Bool { provider.loaded(kind) != nil }

    /// A build that has not begun.
    func newBuild<Value: Runnable>(of type: Value.Type) -> Build<Value.Loaded> {
        Build { self.dispose($0, byteCount: Value.memoryByteCount(of: $0)) }
    }

    /// Builds on the calling thread.
    func buildNow(_ value: some Runnable) {
        let definition = value.definition
        do throws(ExecutionError) {
            value.build.end(.success(try definition.load(by: try provider.backend(definition.backend))))
        } catch {
            value.build.end(.failure(error))
        }
    }

    private func dispose(_ loaded: some Sendable, byteCount: Int) {
        guard byteCount >= Self.largeByteCount else { return }
        // Without a thread it is freed here and now.
        _ = builders.enqueue { withExtendedLifetime(loaded) {} }
    }
}
