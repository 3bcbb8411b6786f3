import Testing

/// Files that may touch pointers, hold locks or use existentials; no others may.
@Suite struct FileListTests {
    static let unsafe = FileList(
        files: execution + guests + onnxRuntime + tensorFlow + torch + sharedAPI + redis + flows + [
            "Sources/Backends/FollowedPath.swift",
            "Sources/Backends/LiteRT/LiteRTInstance+Shapes.swift",
            "Sources/Backends/LiteRT/LiteRTInstance.swift",
            "Sources/Backends/LiteRT/LiteRTInterrupt.swift",
            "Sources/Backends/LiteRT/LiteRTLibrary.swift",
            "Sources/Backends/LiteRT/LiteRTModel.swift",
            "Sources/Backends/LiteRT/LiteRTModelScan.swift",
            "Sources/Backends/LiteRT/LiteRTOptions.swift",
            "Sources/Backends/LiteRT/LiteRTSignature.swift",
            "Sources/Backends/OpeningLock.swift",
            "Sources/Backends/SharedLibrary.swift",
            "Sources/Commands/CommandTable.swift",
            "Sources/Commands/Server/InfoSections.swift",
            "Sources/Host/CodePlace.swift",
            "Sources/Host/Host.swift",
            "Sources/Keyspace/KeyspaceTypes.swift",
            "Sources/Keyspace/ModuleState.swift",
            "Sources/Keyspace/ServerBytes.swift",
            "Sources/Messages/Announcement.swift",
            "Sources/Messages/Inbox.swift",
            "Sources/Messages/MessageWriter.swift",
            "Sources/Messages/Outbox.swift",
            "Sources/Messages/SharedMemory.swift",
            "Sources/Module/Entry.swift",
            "Sources/Tensors/DataType.swift",
            "Sources/Tensors/MutableSpan+Copy.swift",
            "Sources/Tensors/NumberText.swift",
            "Sources/Tensors/SharedBytes.swift",
            "Sources/Tensors/Tensor+Elements.swift",
            "Sources/Tensors/Tensor.swift",
            "Sources/Tensors/TensorAllocator.swift",
            "Sources/Tensors/TensorStorage.swift",
        ], subject: "unsafe"
    ) { $0.linesOfCode(with: "unsafe") }

    /// Those of the server's calls.
    private static let redis = [
        "Sources/Redis/Argument.swift",
        "Sources/Redis/ArgumentReader.swift",
        "Sources/Redis/Audience.swift",
        "Sources/Redis/AuxiliaryData.swift",
        "Sources/Redis/BlockedClient.swift",
        "Sources/Redis/ClientOrigin.swift",
        "Sources/Redis/ClientRights.swift",
        "Sources/Redis/ClusterSlots.swift",
        "Sources/Redis/CommandDispatch.swift",
        "Sources/Redis/CommandFilter.swift",
        "Sources/Redis/CommandRegistration.swift",
        "Sources/Redis/CommandWords.swift",
        "Sources/Redis/DetachedContext.swift",
        "Sources/Redis/EventLoopTurn.swift",
        "Sources/Redis/EventLoopWatch.swift",
        "Sources/Redis/Info.swift",
        "Sources/Redis/KeyDepartures.swift",
        "Sources/Redis/KeyEvents.swift",
        "Sources/Redis/KeptReply.swift",
        "Sources/Redis/KeyHandle.swift",
        "Sources/Redis/KeyMoves.swift",
        "Sources/Redis/KeyPlace.swift",
        "Sources/Redis/Log.swift",
        "Sources/Redis/MemoryRoom.swift",
        "Sources/Redis/ModuleRegistration.swift",
        "Sources/Redis/ModuleType.swift",
        "Sources/Redis/PendingReply.swift",
        "Sources/Redis/RDB.swift",
        "Sources/Redis/RedisContext.swift",
        "Sources/Redis/Reply.swift",
        "Sources/Redis/RetainedString.swift",
        "Sources/Redis/ServerAccess.swift",
        "Sources/Redis/ServerBlock.swift",
        "Sources/Redis/ServerCall.swift",
        "Sources/Redis/ServerCommandFlags.swift",
        "Sources/Redis/ServerEvents.swift",
        "Sources/Redis/ServerSetting.swift",
        "Sources/Redis/ServerThread.swift",
        "Sources/Redis/ServerTick.swift",
        "Sources/Redis/ServerTimer.swift",
        "Sources/Redis/ServerTurn.swift",
        "Sources/Redis/SettingChange.swift",
        "Sources/Redis/Shutdown.swift",
    ]

    /// Those of flows.
    private static let flows = [
        "Sources/Flows/Commands/FlowCommandTable.swift",
        "Sources/Flows/Events/StreamConsumer.swift",
        "Sources/Flows/FlowConnection.swift",
        "Sources/Flows/FlowService.swift",
        "Sources/Flows/Hooks/StandIn.swift",
        "Sources/Flows/PythonPlaces.swift",
        "Sources/Flows/Persistence/EndSession.swift",
        "Sources/Flows/Persistence/SessionCommandTable.swift",
        "Sources/Flows/SocketWatcher.swift",
        "Sources/Flows/TriggerName.swift",
    ]

    /// Those that other modules call.
    private static let sharedAPI = [
        "Sources/SharedAPI/Building.swift",
        "Sources/SharedAPI/CBytes.swift",
        "Sources/SharedAPI/CallersMemory.swift",
        "Sources/SharedAPI/DagContext.swift",
        "Sources/SharedAPI/DagFunctions.swift",
        "Sources/SharedAPI/ErrorFunctions.swift",
        "Sources/SharedAPI/ErrorRecord.swift",
        "Sources/SharedAPI/ExportedFunctions.swift",
        "Sources/SharedAPI/Handles.swift",
        "Sources/SharedAPI/KeyLookup.swift",
        "Sources/SharedAPI/ModelDescriptionFunctions.swift",
        "Sources/SharedAPI/ModelFunctions.swift",
        "Sources/SharedAPI/RunFunctions.swift",
        "Sources/SharedAPI/RunTarget.swift",
        "Sources/SharedAPI/ScriptFunctions.swift",
        "Sources/SharedAPI/SharedObject.swift",
        "Sources/SharedAPI/StartedRun.swift",
        "Sources/SharedAPI/Tensor+Element.swift",
        "Sources/SharedAPI/TensorFunctions.swift",
    ]

    /// The same of another.
    private static let onnxRuntime = [
        "Sources/Backends/ONNXRuntime/ONNXRuntimeBackend.swift",
        "Sources/Backends/ONNXRuntime/ONNXRuntimeBinding.swift",
        "Sources/Backends/ONNXRuntime/ONNXRuntimeBoundRuns.swift",
        "Sources/Backends/ONNXRuntime/ONNXRuntimeHelpers.swift",
        "Sources/Backends/ONNXRuntime/ONNXRuntimeInterrupt.swift",
        "Sources/Backends/ONNXRuntime/ONNXRuntimeLibrary.swift",
        "Sources/Backends/ONNXRuntime/ONNXRuntimeMemory.swift",
        "Sources/Backends/ONNXRuntime/ONNXRuntimeMemoryState.swift",
        "Sources/Backends/ONNXRuntime/ONNXRuntimeNames.swift",
        "Sources/Backends/ONNXRuntime/ONNXRuntimeSession.swift",
        "Sources/Backends/ONNXRuntime/ONNXRuntimeSignature.swift",
        "Sources/Backends/ONNXRuntime/ONNXRuntimeStrings.swift",
        "Sources/Backends/ONNXRuntime/ONNXRuntimeTable.swift",
        "Sources/Backends/ONNXRuntime/ONNXRuntimeValues.swift",
    ]

    /// The same of another.
    private static let torch = [
        "Sources/Backends/Torch/TorchBackend.swift",
        "Sources/Backends/Torch/TorchBridge.swift",
        "Sources/Backends/Torch/TorchHost.swift",
        "Sources/Backends/Torch/TorchInterrupt.swift",
        "Sources/Backends/Torch/TorchLibrary.swift",
        "Sources/Backends/Torch/TorchScriptSession.swift",
        "Sources/Backends/Torch/TorchSession.swift",
        "Sources/Backends/Torch/TorchTexts.swift",
        "Sources/Backends/Torch/TorchViews.swift",
    ]

    /// Those of the threads and clocks.
    private static let execution = [
        "Sources/Execution/Activity.swift",
        "Sources/Execution/ActivityLabel.swift",
        "Sources/Execution/Condition.swift",
        "Sources/Execution/Locked.swift",
        "Sources/Execution/Monitor.swift",
        "Sources/Execution/Monotonic.swift",
        "Sources/Execution/ProcessorSignals.swift",
        "Sources/Execution/PublishedOnce.swift",
        "Sources/Execution/RunSlot.swift",
        "Sources/Execution/ThreadClock.swift",
        "Sources/Execution/WorkerThread.swift",
    ]

    /// Those that start processes.
    private static let guests = [
        "Sources/Guests/CStrings.swift",
        "Sources/Guests/Descriptor.swift",
        "Sources/Guests/GuestEnvironment.swift",
        "Sources/Guests/GuestFolder.swift",
        "Sources/Guests/GuestLaunch.swift",
        "Sources/Guests/GuestProcess.swift",
        "Sources/Guests/GuestSupervisor.swift",
        "Sources/Guests/ProcessFolder.swift",
        "Sources/Guests/ProgramFile.swift",
        "Sources/Guests/SandboxPlaces.swift",
    ]

    /// Those of one backend that may touch pointers.
    private static let tensorFlow = [
        "Sources/Backends/TensorFlow/PrivateFolder.swift",
        "Sources/Backends/TensorFlow/TensorFlowBackend.swift",
        "Sources/Backends/TensorFlow/TensorFlowEnd.swift",
        "Sources/Backends/TensorFlow/TensorFlowFunctions.swift",
        "Sources/Backends/TensorFlow/TensorFlowLibrary+Models.swift",
        "Sources/Backends/TensorFlow/TensorFlowLibrary.swift",
        "Sources/Backends/TensorFlow/TensorFlowModel.swift",
        "Sources/Backends/TensorFlow/TensorFlowSession.swift",
        "Sources/Backends/TensorFlow/TensorFlowStrings.swift",
        "Sources/Backends/TensorFlow/TensorFlowTensors.swift",
    ]

    static let locks = FileList(
        files: [
            "Sources/Backends/BackendCatalog.swift",
            "Sources/Backends/LiteRT/LiteRTSession.swift",
            "Sources/Backends/ONNXRuntime/ONNXRuntimeHelpers.swift",
            "Sources/Backends/OpeningLock.swift",
            "Sources/Backends/TensorFlow/TensorFlowSession.swift",
            "Sources/Execution/Build.swift",
            "Sources/Execution/Condition.swift",
            "Sources/Execution/Deadlines.swift",
            "Sources/Execution/ExclusiveRun.swift",
            "Sources/Execution/LastCaller.swift",
            "Sources/Execution/Loader.swift",
            "Sources/Execution/Locked.swift",
            "Sources/Execution/Monitor.swift",
            "Sources/Execution/PlanRun.swift",
            "Sources/Execution/RunQueue.swift",
            "Sources/Execution/RunWatch.swift",
            "Sources/Execution/Scheduler+Calls.swift",
            "Sources/Execution/Scheduler.swift",
            "Sources/Execution/StandbyThread.swift",
            "Sources/Execution/WorkQueue.swift",
            "Sources/Execution/WorkerPool.swift",
            "Sources/Flows/FlowConnection.swift",
            "Sources/Flows/Packages/PackageInstallation.swift",
            "Sources/Guests/Guest.swift",
            "Sources/Guests/GuestSupervisor.swift",
            "Sources/Keyspace/Directory.swift",
            "Sources/Redis/PendingReply.swift",
            "Sources/Redis/RetainedString.swift",
            "Sources/SharedAPI/StartedRun.swift",
        ], subject: "a lock"
    ) { file in
        let spellings = [
            "Locked<", "Locked(", "Monitor<", "Monitor(", "Mutex<", "Mutex(", "pthread_mutex",
            "pthread_rwlock", "pthread_spin",
            "NSLock", "DispatchSemaphore", "DispatchQueue",
        ]
        return Set(spellings.flatMap { file.linesOfCode(containing: $0) }).sorted()
    }

    /// Behind Execution's protocols and where they are handed on, never for arguments or elements.
    static let existentials = FileList(
        files: [
            "Sources/Backends/BackendCatalog.swift",
            "Sources/Backends/LiteRT/LiteRTBackend.swift",
            "Sources/Backends/ONNXRuntime/ONNXRuntimeBackend.swift",
            "Sources/Backends/Reference/ReferenceBackend.swift",
            "Sources/Backends/Reference/ReferenceScript.swift",
            "Sources/Backends/TensorFlow/TensorFlowBackend.swift",
            "Sources/Backends/Torch/TorchBackend.swift",
            "Sources/Backends/Torch/TorchHost.swift",
            "Sources/Backends/Torch/TorchScriptSession.swift",
            "Sources/Execution/Backend.swift",
            "Sources/Execution/Build.swift",
            "Sources/Execution/LoadedScript.swift",
            "Sources/Execution/Loader.swift",
            "Sources/Execution/Model.swift",
            "Sources/Execution/ModelDefinition.swift",
            "Sources/Execution/PlanRun.swift",
            "Sources/Execution/RunSlot.swift",
            "Sources/Execution/RunStop.swift",
            "Sources/Execution/Runnable.swift",
            "Sources/Execution/Scheduler.swift",
            "Sources/Execution/Script.swift",
            "Sources/Execution/ScriptDefinition.swift",
            "Sources/Execution/ScriptHost.swift",
            "Sources/Execution/ScriptTask.swift",
            "Sources/Guests/Guest.swift",
            "Sources/Keyspace/ModuleState.swift",
        ], subject: "an existential"
    ) { file in
        Set(["any", "Any", "AnyHashable"].flatMap { file.linesOfCode(with: $0) }).sorted()
    }

    @Test func pointersAreTouchedInTheListedFilesOnly() {
        #expect(Self.unsafe.findings(in: SourceTree.sources) == [])
    }

    @Test func locksAreHeldInTheListedFilesOnly() {
        #expect(Self.locks.findings(in: SourceTree.sources) == [])
    }

    @Test func existentialsOccurInTheListedFilesOnly() {
        #expect(Self.existentials.findings(in: SourceTree.sources) == [])
    }

    /// `ARCHITECTURE.md` says of each lock what it is for.
    @Test func everyFileWithALockIsInTheArchitecture() {
        let text =
            SourceTree.files.first { $0.path == "ARCHITECTURE.md" }?.lines.joined(separator: "\n") ?? ""
        let missing = Self.locks.files.map { $0.dropFirst("Sources/".count).dropLast(".swift".count) }
            .filter { !text.contains("`\($0)`") }
        #expect(missing == [])
    }

    static func lines(_ list: FileList, _ text: String) -> [Int] {
        list.lines(SourceFile(path: "Sources/Tensors/New.swift", text: text))
    }

    @Test(arguments: ["unsafe free(x)", "let x = unsafe y", "\"\\(unsafe x)\""])
    func aPointerIsFound(_ text: String) {
        #expect(Self.lines(Self.unsafe, text) == [1])
    }

    @Test(arguments: ["unsafely()", "// unsafe", "\"unsafe\"", "nonisolated_unsafe"])
    func whatOnlyLooksLikeAPointerIsNot(_ text: String) {
        #expect(Self.lines(Self.unsafe, text) == [])
    }

    @Test(arguments: [
        "let x = Locked(1)", "let x: Locked<Int>", "let x = Mutex(0)", "pthread_mutex_lock(x)",
        "let lock = NSLock()",
    ])
    func aLockIsFound(_ text: String) {
        #expect(Self.lines(Self.locks, text) == [1])
    }

    @Test(arguments: ["let isLocked = true", "// Locked(1)", "class Locksmith {}"])
    func whatOnlyLooksLikeALockIsNot(_ text: String) {
        #expect(Self.lines(Self.locks, text) == [])
    }

    @Test(arguments: ["let x: any Backend", "func f(_ x: Any)", "[AnyHashable: Int]", "(any Backend)?"])
    func anExistentialIsFound(_ text: String) {
        #expect(Self.lines(Self.existentials, text) == [1])
    }

    @Test(arguments: ["class A: AnyObject", "// any thread", "let many = 1"])
    func whatOnlyLooksLikeAnExistentialIsNot(_ text: String) {
        #expect(Self.lines(Self.existentials, text) == [])
    }
}
