import Execution
import Testing

@testable import Backends

/// Which libraries are opened, when, from where, and what is logged.
extension BackendsTests {
    @Suite
    struct BackendCatalogTests {
        /// Keeps what a catalog does, with backends that need no library.
        private final class Recorder: Sendable {
            let opened = Locked<[String]>([])
            let lines = Locked<[String]>([])
            let failure: BackendOpeningError?

            init(failure: BackendOpeningError? = nil) { self.failure = failure }

            func catalog(libraries: [BackendKind: String] = [:]) -> BackendCatalog {
                BackendCatalog(
                    path: "/backends", libraries: libraries,
                    log: { line in self.lines.withLock { $0.append(line) } },
                    locator: Recorder.locate,
                    opener: { (kind: BackendKind, path: String) throws(BackendOpeningError) -> any Backend in
                        self.opened.withLock { $0.append(path) }
                        if let failure = self.failure { throw failure }
                        return ReferenceBackend(kind: kind)
                    })
            }

            /// Takes every path for what it is, and what begins with `/opt` for outside.
            static func locate(
                _ file: String, _ folder: String, _ isConfined: Bool
            ) throws(BackendOpeningError) -> String {
                guard !isConfined || !file.hasPrefix("/opt") else { throw .outside }
                return file
            }

            var paths: [String] { opened.withLock { $0 } }
            var log: [String] { lines.withLock { $0 } }
        }

        @Test func nothingIsOpenAtFirst() {
            let recorder = Recorder()
            let catalog = recorder.catalog()
            for kind in BackendKind.allCases { #expect(catalog.loaded(kind) == nil) }
            #expect(catalog.loadedBackends.isEmpty)
            #expect(recorder.paths.isEmpty)
        }

        @Test(arguments: [
            (BackendKind.onnxRuntime, "/backends/redisai_onnxruntime/redisai_onnxruntime.so"),
            (.tensorFlow, "/backends/redisai_tensorflow/redisai_tensorflow.so"),
            (.tensorFlowLite, "/backends/redisai_tflite/redisai_tflite.so"),
            (.torch, "/backends/redisai_torch/redisai_torch.so"),
        ])
        func theDefaultLibraryIsOpenedWhenFirstAsked(_ kind: BackendKind, _ path: String) throws {
            let recorder = Recorder()
            let catalog = recorder.catalog()

            let backend = try catalog.backend(kind)

            #expect(try catalog.backend(kind) === backend)
            #expect(catalog.loaded(kind) === backend)
            #expect(recorder.paths == [path])
            #expect(recorder.log == ["\(kind.wireName) backend loaded from \(path)"])
        }

        @Test func aChangedFolderCountsFromThenOn() throws {
            let recorder = Recorder()
            let catalog = recorder.catalog()
            catalog.setPath("/elsewhere")
            #expect(catalog.path == "/elsewhere")
            _ = try catalog.backend(.torch)
            #expect(recorder.paths == ["/elsewhere/redisai_torch/redisai_torch.so"])
        }

        @Test func aNamedFileTakesTheDefaultsPlace() throws {
            let recorder = Recorder()
            _ = try recorder.catalog(libraries: [.onnxRuntime: "/opt/ort.so"]).backend(.onnxRuntime)
            #expect(recorder.paths == ["/opt/ort.so"])
        }

        @Test(arguments: [("/opt/ort.so", "/opt/ort.so"), ("ort/ort.so", "/backends/ort/ort.so")])
        func anyFileIsOpenedIfItNeedNotLieInTheFolder(_ path: String, _ opened: String) throws {
            let recorder = Recorder()
            let catalog = recorder.catalog()
            try catalog.open(.onnxRuntime, path: path, isConfined: false)
            #expect(recorder.paths == [opened])
            #expect(catalog.loaded(.onnxRuntime) != nil)
        }

        @Test func aFileOutsideIsRefusedIfItHasToLieInTheFolder() throws {
            let recorder = Recorder()
            let catalog = recorder.catalog()
            #expect(throws: ExecutionError.libraryOutside(.onnxRuntime)) {
                try catalog.open(.onnxRuntime, path: "/opt/ort.so", isConfined: true)
            }
            #expect(recorder.paths.isEmpty)
            let line = "Could not load ONNX backend from /opt/ort.so: it lies outside of BACKENDSPATH"
            #expect(recorder.log == [line])
            try catalog.open(.onnxRuntime, path: "ort.so", isConfined: true)
            #expect(recorder.paths == ["/backends/ort.so"])
        }

        @Test func whatIsOpenIsNotOpenedAgain() throws {
            let recorder = Recorder()
            let catalog = recorder.catalog()
            let backend = try catalog.backend(.onnxRuntime)
            let refusal = ExecutionError.libraryUnavailable(.onnxRuntime, reason: "backend already loaded")
            #expect(throws: refusal) {
                try catalog.open(.onnxRuntime, path: "/opt/ort.so", isConfined: false)
            }
            #expect(catalog.loaded(.onnxRuntime) === backend)
            #expect(recorder.paths.count == 1)
            #expect(recorder.log.last == "Could not load ONNX backend: backend already loaded")
        }

        @Test func openBackendsAreListedInTheOrderOfKinds() throws {
            let catalog = Recorder().catalog()
            for kind in [BackendKind.onnxRuntime, .torch, .tensorFlow] { _ = try catalog.backend(kind) }
            #expect(catalog.loadedBackends.map(\.kind) == [.tensorFlow, .torch, .onnxRuntime])
        }

        @Test func threadsThatAskAtOnceOpenOneLibrary() {
            let recorder = Recorder()
            let catalog = recorder.catalog()
            let found = Locked<[ObjectIdentifier]>([])
            inParallel(8) { _ in
                guard let backend = try? catalog.backend(.onnxRuntime) else { return }
                found.withLock { $0.append(ObjectIdentifier(backend)) }
            }
            let all = found.withLock { $0 }
            #expect(all.count == 8)
            #expect(Set(all).count == 1)
            #expect(recorder.paths.count == 1)
            #expect(recorder.log.count == 1)
        }

        /// The opener asks the catalog itself, which would not come back if a lock was held.
        @Test func askingWhatIsOpenDoesNotWaitForAnOpening() throws {
            let shared = Locked<BackendCatalog?>(nil)
            let answers = Locked<[Bool]>([])
            let catalog = BackendCatalog(path: "/backends", locator: Recorder.locate) {
                (kind: BackendKind, path: String) throws(BackendOpeningError) -> any Backend in
                let catalog = shared.withLock { $0 }
                answers.withLock { $0.append(catalog?.loaded(kind) == nil && catalog?.path == "/backends") }
                // Another kind's library is opened meanwhile.
                if kind == .onnxRuntime { _ = try? catalog?.backend(.torch) }
                return ReferenceBackend(kind: kind)
            }
            shared.withLock { $0 = catalog }
            defer { shared.withLock { $0 = nil } }

            _ = try catalog.backend(.onnxRuntime)

            #expect(answers.withLock { $0 } == [true, true])
            #expect(catalog.loadedBackends.count == 2)
        }

        @Test func aFailureIsLoggedAndTriedAgain() {
            let recorder = Recorder(failure: .cannotOpen(reason: "no such file"))
            let catalog = recorder.catalog()
            for _ in 0..<2 {
                #expect(throws: ExecutionError.libraryUnavailable(.torch, reason: "no such file")) {
                    _ = try catalog.backend(.torch)
                }
            }
            let path = "/backends/redisai_torch/redisai_torch.so"
            let line = "Could not load TORCH backend from \(path): no such file"
            #expect(recorder.log == [line, line])
            #expect(recorder.paths.count == 2)
            #expect(catalog.loaded(.torch) == nil)
        }

        @Test func aLibraryOfSomethingElseIsLogged() {
            let recorder = Recorder(failure: .missingSymbol("Entry"))
            _ = try? recorder.catalog().backend(.onnxRuntime)
            let path = "/backends/redisai_onnxruntime/redisai_onnxruntime.so"
            #expect(
                recorder.log == [
                    "Backend does not export Entry. ONNX backend was not loaded from \(path)"
                ])
        }

        @Test(arguments: BackendKind.allCases)
        func aMissingLibraryIsReportedInTheLoadersWords(_ kind: BackendKind) {
            let lines = Locked<[String]>([])
            let catalog = BackendCatalog(path: "/nowhere") { line in lines.withLock { $0.append(line) } }
            let path = "/nowhere/\(kind.libraryName)/\(kind.libraryName).so"
            let words = "\(path): cannot open shared object file: No such file or directory"
            #expect(throws: ExecutionError.libraryUnavailable(kind, reason: words)) {
                _ = try catalog.backend(kind)
            }
            let line = "Could not load \(kind.wireName) backend from \(path): \(words)"
            #expect(lines.withLock { $0 } == [line])
        }

        @Test func aLibraryThatIsNotTheRuntimeIsRefused() {
            let lines = Locked<[String]>([])
            let path = "/lib64/ld-linux-x86-64.so.2"
            let catalog = BackendCatalog(path: "/nowhere", libraries: [.onnxRuntime: path]) { line in
                lines.withLock { $0.append(line) }
            }
            #expect(throws: ExecutionError.self) { _ = try catalog.backend(.onnxRuntime) }
            let line = "Backend does not export OrtGetApiBase. ONNX backend was not loaded from \(path)"
            #expect(lines.withLock { $0 } == [line])
        }
    }
}
