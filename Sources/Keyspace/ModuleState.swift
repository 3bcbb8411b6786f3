import Execution
import Redis
import Tensors

/// What keys and commands share: made once when the module is loaded, never replaced.
@safe
public final class ModuleState: Sendable {
    public let tensors: ModuleType<Tensor>
    public let models: ModuleType<Model>
    public let scripts: ModuleType<Script>
    public let scheduler: Scheduler
    public let backends: any BackendProvider
    public let settings: ModuleSettings
    public let modelDirectory = Directory<Model>()
    public let scriptDirectory = Directory<Script>()

    public init(
        tensors: ModuleType<Tensor>, models: ModuleType<Model>, scripts: ModuleType<Script>,
        scheduler: Scheduler, backends: any BackendProvider, settings: ModuleSettings
    ) {
        self.backends = backends
        self.settings = settings
        self.tensors = tensors
        self.models = models
        self.scripts = scripts
        self.scheduler = scheduler
    }

    /// Makes this the module's state; in OnLoad, before any command or value.
    public func install() { unsafe Self.storage = self }

    /// The module's state; nil while it is being loaded.
    public static var installed: ModuleState? {
        // Safety: written once in OnLoad, before the server can call anything else of ours.
        unsafe storage
    }

    /// The module's state.
    public static var current: ModuleState {
        guard let state = installed else { preconditionFailure("a call before the module was loaded") }
        return state
    }

    nonisolated(unsafe) private static var storage: ModuleState?
}
