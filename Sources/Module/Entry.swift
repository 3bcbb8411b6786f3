import Backends
import Commands
import Execution
import Flows
import Glibc
import Host
import Keyspace
import Redis
import SharedAPI
import Tensors

/// What the server calls when it loads the module: puts the parts together.
///
/// - Returns: 0 if the module is ready, 1 if it cannot be loaded; the log says why.
@c(RedisModule_OnLoad)
public func onLoad(
    _ context: OpaquePointer, _ words: UnsafeMutablePointer<OpaquePointer>?, _ count: Int32
) -> Int32 {
    guard unsafe RedisContext.attach(context, moduleName: "ai", version: InfoSections.versionNumber) else {
        return 1
    }
    do throws(LoadFailure) {
        // Safety: the server passes `count` words that live as long as this call.
        try unsafe load(RedisContext(context), ArgumentReader(vector: words, count: Int(count)))
        return 0
    } catch {
        Log.warning(error.text)
        return 1
    }
}

/// Why the module cannot be loaded; the text is for the log.
private struct LoadFailure: Error {
    let text: String
}

private func load(_ context: borrowing RedisContext, _ words: ArgumentReader) throws(LoadFailure) {
    let (major, minor, patch) = RedisContext.serverVersion
    Log.notice("Redis version found by RedisAI: \(major).\(minor).\(patch) - oss")
    Log.notice("RedisAI version \(InfoSections.versionNumber), git_sha=\(RedisContext.moduleCommit)")
    let settings: ModuleSettings
    do throws(ModuleSettings.Failure) {
        settings = try ModuleSettings(
            (0..<words.count).map { words[$0].text }, backendsPath: RedisContext.moduleFolder + "/backends")
    } catch {
        if let explanation = error.explanation { Log.warning(explanation) }
        throw LoadFailure(text: error.text)
    }
    guard settings.register(in: context) else {
        throw LoadFailure(text: "the server refused a setting of the module, or its value")
    }
    for (name, value) in settings.numbers where value != 0 {
        Log.notice("Setting \(name.uppercased()) parameter to: \(value)")
    }
    for remark in Host.current.remarks { Log.notice(remark) }
    // ONNX Runtime reports its use to its vendor unless told not to before it starts. The environment may
    // only be changed on the main thread.
    unsafe setenv("ORT_DISABLE_TELEMETRY", "1", 1)
    // TensorFlow writes a line about each run that is stopped, unless told not to.
    unsafe setenv("TF_CPP_MIN_LOG_LEVEL", "2", 0)
    // TensorFlow's oneDNN ends the process or fails the run if it cannot make code.
    if !Host.current.allowsNewCode { unsafe setenv("TF_ENABLE_ONEDNN_OPTS", "0", 1) }
    // Packages of AOTInductor read beyond inputs whose type or shape does not fit, unless told to look.
    unsafe setenv("AOTI_RUNTIME_CHECK_INPUTS", "1", 0)
    installAllocators()
    // After the host was asked, by children that may be ended by a signal.
    ProcessorSignals.install()
    // The setting crash-log-enabled has the server install its own again.
    SettingChange.install(context) { ProcessorSignals.install() }
    let backends = makeBackends(settings)
    let state = try makeState(context, settings, backends)
    state.install()
    guard ReleaseQueue.install(context), Shutdown.install(context, pausing: openings(of: backends)),
        Audience.install(context),
        CommandTable.register(in: context), ExportedFunctions.export(in: context),
        unsafe context.registerInfo({ info, isCrash in
            unsafe InfoSections.write(to: InfoWriter(info), forCrashReport: isCrash != 0)
        })
    else { throw LoadFailure(text: "the server refused a command, a function or a callback of the module") }
    // Whoever wants to share a run comes to a model by its key; one at another place may wait for nobody.
    let areMovesTold = KeyMoves.install(context) { context, key in
        (try? context.read(key).value(state.models))?.hurryWaiting()
    } swapped: {
        state.scheduler.hurryWaiting()
    }
    guard areMovesTold else { throw LoadFailure(text: "the server does not tell of renamed keys") }
    let flows = try registerFlows(context, settings)
    for (kind, path) in settings.libraries {
        do throws(ExecutionError) { try state.backends.open(kind, path: path, isConfined: false) } catch {
            throw LoadFailure(text: "ERR error processing argument: \(kind.wireName) \(path)")
        }
    }
    // It starts a process, which a module that fails to load must not leave behind.
    flows?.install(packageFolder: RedisContext.moduleFolder + "/flows")
}

private func registerFlows(
    _ context: borrowing RedisContext, _ settings: ModuleSettings
) throws(LoadFailure) -> FlowService? {
    let service = settings.flows.isEnabled ? FlowService(context, settings) : nil
    let isRegistered = service == nil || FlowCommandTable.register(in: context)
    guard isRegistered, FlowService.installPersistence(of: service, in: context) else {
        throw LoadFailure(text: "the server refused a command of flows; another module may have it")
    }
    return service
}

private func openings(of backends: BackendCatalog) -> Shutdown.Work {
    Shutdown.Work(pause: { backends.pauseOpening() }, resume: { backends.resumeOpening() })
}

/// Tensors live in the server's memory, so that they count there.
private func installAllocators() {
    // Safety: each takes and gives blocks of the server's allocator.
    unsafe TensorAllocator(
        allocate: { unsafe ServerMemory.allocate($0) }, free: { unsafe ServerMemory.free($0) },
        size: { unsafe ServerMemory.size($0) }, room: { ServerMemory.hasRoom(for: $0) }
    ).install()
}

private func makeBackends(_ settings: ModuleSettings) -> BackendCatalog {
    var options = BackendOptions(
        intraOperatorThreads: settings.intraOperatorThreads,
        interOperatorThreads: settings.interOperatorThreads)
    options.memoryLimitMegabytes = { [runs = settings.runs] in runs.memoryLimitMegabytes }
    options.allowsAllOperations = { [runs = settings.runs] in runs.allowsAllOperations }
    options.allowsAllTorchOperators = { [runs = settings.runs] in runs.allowsAllTorchOperators }
    options.allowsNativeCode = { [runs = settings.runs] in runs.allowsNativeCode }
    // Safety: as in `installAllocators`.
    let allocator = unsafe BackendAllocator(
        allocate: { unsafe ServerMemory.allocate($0) }, free: { unsafe ServerMemory.free($0) },
        size: { unsafe ServerMemory.size($0) })
    return BackendCatalog(
        path: settings.backendsPath, options: options, allocator: allocator,
        moduleFolder: RedisContext.moduleFolder, log: { Log.notice($0) })
}

private func makeState(
    _ context: borrowing RedisContext, _ settings: ModuleSettings, _ backends: BackendCatalog
) throws(LoadFailure) -> ModuleState {
    let scheduler = Scheduler(settings.runs, provider: backends, log: { Log.notice($0) })
    // There is always a queue for the processor.
    if let processor = Device(Array("CPU".utf8)) {
        do throws(ExecutionError) { try scheduler.queue(for: processor) } catch {
            throw LoadFailure(text: "the threads of device CPU could not be started")
        }
    }
    guard let tensors = KeyspaceTypes.registerTensors(context),
        let models = KeyspaceTypes.registerModels(context),
        let scripts = KeyspaceTypes.registerScripts(context)
    else { throw LoadFailure(text: "the server refused a value type of the module") }
    return ModuleState(
        tensors: tensors, models: models, scripts: scripts, scheduler: scheduler, backends: backends,
        settings: settings)
}
