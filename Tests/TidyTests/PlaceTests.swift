import Testing

/// What may stand in some places only.
@Suite struct ErrorTextPlaceTests {
    /// The words of commands, and those of the runtimes behind them.
    static let list = FileList(
        files: [
            "Sources/Backends/LiteRT/LiteRTBackend.swift",
            "Sources/Backends/LiteRT/LiteRTSignature.swift",
            "Sources/Backends/ONNXRuntime/ONNXModelScan+Refusal.swift",
            "Sources/Backends/ONNXRuntime/ONNXRuntimeSession.swift",
            "Sources/Backends/ONNXRuntime/ONNXRuntimeStrings.swift",
            "Sources/Backends/ONNXRuntime/ONNXRuntimeValues.swift",
            "Sources/Backends/Reference/ReferenceModel.swift",
            "Sources/Backends/TensorFlow/PrivateFolder.swift",
            "Sources/Backends/TensorFlow/TensorFlowBackend.swift",
            "Sources/Backends/TensorFlow/TensorFlowRefusal.swift",
            "Sources/Backends/TensorFlow/TensorFlowSession.swift",
            "Sources/Backends/TensorFlow/TensorFlowTensors.swift",
            "Sources/Backends/Torch/TorchSession.swift",
            "Sources/Backends/Torch/TorchViews.swift",
            "Sources/Commands/ErrorText.swift",
            "Sources/Flows/FlowErrorText.swift",
            "Sources/Flows/Hooks/HookError.swift",
            // Lines of the log, in the words that administrators search for.
            "Sources/Keyspace/ModuleSettings.swift",
            "Sources/Module/Entry.swift",
            // What only other modules are told.
            "Sources/SharedAPI/APIFailure.swift",
            // What the server's own refusals begin with.
            "Sources/Flows/FlowError.swift",
            "Sources/Redis/KeptReply.swift",
            "Sources/Redis/ServerCall.swift",
        ], subject: "the text of an error"
    ) { file in
        file.lines.indices.filter {
            file.lines[$0].contains("\"ERR ") || file.lines[$0].contains("\"WRONGTYPE ")
        }
        .map { $0 + 1 }
    }

    @Test func textsOfErrorsStandInTheListedFilesOnly() {
        #expect(Self.list.findings(in: SourceTree.sources) == [])
    }

    @Test(arguments: ["reply(error: \"ERR no\")", "throw .backend(\"ERR \\(x)\")", "\"WRONGTYPE x\""])
    func theTextOfAnErrorIsFound(_ text: String) {
        #expect(Self.list.lines(SourceFile(path: "Sources/Commands/New.swift", text: text)) == [1])
    }

    @Test(arguments: ["let ERR = 1", "REDIS_ERR", "\"ERROR\""])
    func whatOnlyLooksLikeOneIsNot(_ text: String) {
        #expect(Self.list.lines(SourceFile(path: "Sources/Commands/New.swift", text: text)) == [])
    }
}

/// A new element type must reach every switch: the compiler lists them as long as none has a default.
@Suite struct ElementTypeSwitchTests {
    /// `Tensors`, and each backend's mapping.
    static func isBound(_ file: SourceFile) -> Bool {
        file.target == "Tensors" || file.folders.last?.hasPrefix("DataType+") == true
    }

    static func findings(in files: [SourceFile]) -> [Finding] {
        files.filter(isBound).flatMap { file in
            file.linesOfCode(containing: "default:").map {
                Finding(path: file.path, line: $0, remark: "a default hides new element types")
            }
        }
    }

    @Test func switchesOverElementTypesHaveNoDefault() {
        #expect(Self.findings(in: SourceTree.sources) == [])
    }

    /// The reference backend computes and maps nothing.
    @Test func everyVendorHasAMapping() {
        let folders = Set(
            SourceTree.sources.filter { $0.target == "Backends" && $0.folders.count > 3 }.map {
                $0.folders[2]
            })
        let mapped = Set(
            SourceTree.sources.filter { $0.target == "Backends" && Self.isBound($0) }.map { $0.folders[2] })
        #expect(folders.subtracting(mapped) == ["Reference"])
    }

    @Test(arguments: ["Sources/Tensors/New.swift", "Sources/Backends/ONNXRuntime/DataType+ONNX.swift"])
    func aDefaultIsFound(_ path: String) {
        #expect(
            Self.findings(in: [SourceFile(path: path, text: "switch type {\ndefault: 1\n}")]).map(\.line) == [
                2
            ])
    }

    @Test(arguments: ["Sources/Execution/Device.swift", "Sources/Backends/SharedLibrary.swift"])
    func aDefaultElsewhereIsNot(_ path: String) {
        #expect(Self.findings(in: [SourceFile(path: path, text: "default: 1")]) == [])
    }
}

/// The project can be put anywhere.
@Suite struct MachinePathTests {
    /// Folders that only one machine or person has; put together here so that this file has none.
    static let folders = ["home", "root", "Users", "work", "workspace", "mnt"].map { "/" + $0 + "/" }

    static func findings(in file: SourceFile) -> [Finding] {
        file.lines.indices.flatMap { index in
            folders.filter { begins($0, in: file.lines[index]) }.map {
                Finding(path: file.path, line: index + 1, remark: "a path that begins with \($0)")
            }
        }
    }

    /// Whether an absolute path begins so; `a/home/b` and `host/home/` are none.
    private static func begins(_ folder: String, in line: String) -> Bool {
        line.ranges(of: folder).contains { range in
            guard range.lowerBound > line.startIndex else { return true }
            let before = line[line.index(before: range.lowerBound)]
            return !(before.isLetter || before.isNumber || "._-~}])*$".contains(before))
        }
    }

    @Test func noFileNamesAFolderOfOneMachine() {
        #expect(SourceTree.files.flatMap(Self.findings) == [])
    }

    static func count(_ text: String) -> Int { findings(in: SourceFile(path: "New.md", text: text)).count }

    @Test(
        arguments: folders.flatMap { ["\($0)a", "see \($0)a", "\"\($0)a\"", "path=\($0)a", "file://\($0)a"] })
    func aFolderOfOneMachineIsFound(_ text: String) {
        #expect(Self.count(text) == 1)
    }

    @Test(
        arguments: folders.flatMap { ["a\($0)b", "example.org\($0)b", "~\($0)b", "..\($0)b", "$X\($0)b"] } + [
            "/tmp/a", "/usr/lib",
        ])
    func aRelativePathIsNot(_ text: String) {
        #expect(Self.count(text) == 0)
    }
}
