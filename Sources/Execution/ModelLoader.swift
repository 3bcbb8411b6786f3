import Tensors

/// Turns definitions into models in the background, at low priority, first come, first served.
final class ModelLoader: Disposal, Sendable {
    private struct Job: Sendable {
        let run: @Sendable () -> Void
    }

    /// Two help; a third only takes cores from the server.
    private static let threadCount = 2
    private static let niceness: Int32 = 10
    /// Builds that may wait: more than a server has keys in practice, since a restart queues them all.
    private static let limit = Int.max
    /// Below this, freeing costs less than handing over.
    private static let largeByteCount = 1 << 20

    private let provider: any BackendProvider
    private let builders: WorkQueue<Job>
    /// Opens libraries at normal priority: threads that a library starts inherit the priority.
    private let opener: WorkQueue<Job>

    init?(provider: any BackendProvider) {
        let opener = WorkQueue<Job>(name: "ai:open", threadCount: 1, limit: Self.limit) { $0.run() }
        let builders = WorkQueue<Job>(
            name: "ai:load", threadCount: Self.threadCount, limit: Self.limit, niceness: Self.niceness
        ) { $0.run() }
        guard let opener, let builders else { return nil }
        self.provider = provider
        self.opener = opener
        self.builders = builders
    }

    /// Calls one of two functions in the background, when the backend's library is open or cannot be.
    func start(
        _ kind: BackendKind, ready: @escaping @Sendable () -> Void,
        failed: @escaping @Sendable (ExecutionError) -> Void
    ) {
        let job = Job(run: ready)
        guard !hasOpen(kind) else { return enqueue(job, on: builders) }
        enqueue(
            Job {
                do throws(ExecutionError) {
                    _ = try self.provider.backend(kind)
                    self.enqueue(job, on: self.builders)
                } catch {
                    failed(error)
                }
            }, on: opener)
    }

    /// Whether the backend's library is open.
    func hasOpen(_ kind: BackendKind) -> Bool { provider.loaded(kind) != nil }

    /// Builds on the calling thread.
    func buildNow(_ build: ModelBuild, _ definition: ModelDefinition) {
        do throws(ExecutionError) {
            build.end(.success(try provider.backend(definition.backend).load(definition)))
        } catch {
            build.end(.failure(error))
        }
    }

    func dispose(_ loaded: any LoadedModel) {
        guard loaded.memoryByteCount >= Self.largeByteCount else { return }
        enqueue(Job { withExtendedLifetime(loaded) {} }, on: builders)
    }

    private func enqueue(_ job: Job, on queue: WorkQueue<Job>) {
        guard queue.enqueue(job) else { preconditionFailure("a queue without limit was full") }
    }
}
