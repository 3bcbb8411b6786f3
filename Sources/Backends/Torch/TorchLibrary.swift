import CTorchBridge
import Execution
import Glibc
import Host

/// The bridge to libtorch, opened and started; one for the process, never closed.
@safe
final class TorchLibrary: Sendable {
    let bridge: TorchBridge
    /// That of libtorch.
    let version: String
    private let options: BackendOptions

    /// Opens the bridge, which brings libtorch with it.
    /// - Throws: why it cannot be used.
    init(path: String, options: BackendOptions) throws(BackendOpeningError) {
        Self.demandChecks()
        let library = try SharedLibrary(path: path)
        guard let entry = unsafe library.address(of: TORCH_BRIDGE_ENTRY_SYMBOL) else {
            throw .missingSymbol(TORCH_BRIDGE_ENTRY_SYMBOL)
        }
        // Safety: the symbol has this type in every version of the bridge; the table is never freed.
        let open = unsafe unsafeBitCast(entry, to: torch_bridge_entry.self)
        guard let table = unsafe open(TORCH_BRIDGE_VERSION) else {
            throw .unusable(reason: "\(path) is not version \(TORCH_BRIDGE_VERSION) of the bridge")
        }
        bridge = unsafe TorchBridge(table: table)
        self.options = options
        version = unsafe String(cString: table.pointee.libtorch_version())
        do throws(ExecutionError) {
            var threads = torch_options(
                intra_operator_threads: Int32(clamping: options.intraOperatorThreads),
                inter_operator_threads: Int32(clamping: options.interOperatorThreads),
                is_without_new_code: Host.current.allowsNewCode ? 0 : 1)
            try unsafe bridge.check(table.pointee.start(&threads))
        } catch {
            throw .unusable(reason: "\(path) does not start: \(error)")
        }
    }

    /// Whether a model may have operators that the bridge else refuses.
    var allowsAllOperators: Bool { options.allowsAllTorchOperators() }

    /// Whether a model may be a package of AOTInductor.
    var allowsNativeCode: Bool { options.allowsNativeCode() }

    /// Has compiled models check what they are given; else they read beyond inputs that do not fit.
    ///
    /// The module sets it on the main thread when it is loaded, where nothing else reads the environment.
    private static func demandChecks() {
        // Safety: both texts are constants.
        guard unsafe getenv("AOTI_RUNTIME_CHECK_INPUTS") == nil else { return }
        unsafe setenv("AOTI_RUNTIME_CHECK_INPUTS", "1", 1)
    }
}
