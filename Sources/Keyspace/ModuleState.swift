import Execution
import Redis
import Synchronization
import Tensors

/// What keys and commands share: made once when the module is loaded, never replaced.
@safe
public final class ModuleState: Sendable {
    public let tensors: ModuleType<Tensor>
    public let models: ModuleType<Model>
    public let scheduler: Scheduler
    public let backends: any BackendProvider
    public let settings: ModuleSettings
    public let directory = ModelDirectory()
    private let chunkBytes: Atomic<Int>

    public init(
        tensors: ModuleType<Tensor>, models: ModuleType<Model>, scheduler: Scheduler,
        backends: any BackendProvider, settings: ModuleSettings
    ) {
        self.backends = backends
        self.settings = settings
        self.tensors = tensors
        self.models = models
        self.scheduler = scheduler
        chunkBytes = Atomic(settings.chunkSize)
    }

    /// Bytes of the largest piece in which a model goes out.
    public var chunkSize: Int { chunkBytes.load(ordering: .relaxed) }

    public func setChunkSize(_ byteCount: Int) { chunkBytes.store(byteCount, ordering: .relaxed) }

    /// Makes this the module's state; in OnLoad, before any command or value.
    public func install() { unsafe Self.storage = self }

    /// The module's state.
    public static var current: ModuleState {
        // Safety: written once in OnLoad, before the server can call anything else of ours.
        guard let state = unsafe storage else { preconditionFailure("a call before the module was loaded") }
        return state
    }

    nonisolated(unsafe) private static var storage: ModuleState?
}
