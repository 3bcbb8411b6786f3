import Testing

/// Which target may know which.
@Suite struct LayerTests {
    static let system: Set<String> = ["Glibc", "Synchronization"]

    /// What each target may import beside the system's modules; C declarations once each.
    static let layers: [String: Set<String>] = [
        "CRedisModule": [],
        "CHost": [],
        "CSignals": [],
        "CMessages": [],
        "CGuests": [],
        "CSharedAPI": [],
        "CONNXRuntime": [],
        "CLiteRT": [],
        "CTensorFlow": [],
        "CTorchBridge": [],
        "Tensors": [],
        "Formats": [],
        "Host": ["CHost"],
        "Messages": ["CMessages"],
        "Redis": ["CRedisModule"],
        "Execution": ["CSignals", "Tensors", "Host"],
        "Guests": ["CGuests", "Host", "Execution"],
        "Backends": [
            "CONNXRuntime", "CLiteRT", "CTensorFlow", "CTorchBridge", "Tensors", "Formats", "Host",
            "Execution",
        ],
        "Keyspace": ["Redis", "Tensors", "Execution"],
        "Commands": ["Redis", "Tensors", "Execution", "Keyspace"],
        "SharedAPI": ["CSharedAPI", "Redis", "Tensors", "Execution", "Keyspace", "Commands"],
        "Flows": [
            "Redis", "Tensors", "Host", "Execution", "Keyspace", "Commands", "Guests", "Messages",
        ],
        "Module": [
            "Redis", "Tensors", "Host", "Execution", "Backends", "Keyspace", "Commands", "SharedAPI",
            "Flows",
        ],
    ]

    private static let importKinds: Set<Substring> = [
        "struct", "class", "enum", "protocol", "typealias", "func", "let", "var",
    ]

    /// The modules that a file imports, with their lines.
    static func imports(of file: SourceFile) -> [(module: String, line: Int)] {
        file.code.enumerated().compactMap { index, line in
            let words = SwiftText.words(of: line)
            guard let place = words.firstIndex(of: "import") else { return nil }
            let name = words[(place + 1)...].first { !importKinds.contains($0) }
            return name.map { (String($0), index + 1) }
        }
    }

    static func findings(in files: [SourceFile]) -> [Finding] {
        files.flatMap { file -> [Finding] in
            guard let target = file.target else { return [] }
            guard let layer = layers[target] else {
                return [Finding(path: file.path, remark: "the target \(target) has no layer")]
            }
            return imports(of: file).filter { !layer.contains($0.module) && !system.contains($0.module) }.map
            {
                Finding(path: file.path, line: $0.line, remark: "\(target) must not import \($0.module)")
            }
        }
    }

    @Test func targetsImportOnlyWhatTheirLayerKnows() {
        #expect(Self.findings(in: SourceTree.sources) == [])
    }

    @Test(arguments: [
        "CRedisModule", "CHost", "CSignals", "CGuests", "CMessages", "CSharedAPI", "CONNXRuntime", "CLiteRT",
        "CTensorFlow", "CTorchBridge",
    ])
    func declarationsInCAreImportedByOneTarget(_ module: String) {
        let importers = SourceTree.sources.filter { file in
            Self.imports(of: file).contains { $0.module == module }
        }
        #expect(Set(importers.compactMap(\.target)).count == 1)
    }

    @Test func noSwiftPackageComesFromElsewhere() throws {
        let package = try #require(SourceTree.files.first { $0.path == "Package.swift" })
        #expect(package.linesOfCode(containing: ".package(") == [])
    }

    static func remarks(_ path: String, _ text: String) -> [String] {
        findings(in: [SourceFile(path: path, text: text)]).map(\.remark)
    }

    @Test(arguments: [
        ("Sources/Tensors/New.swift", "import Foundation", "Tensors must not import Foundation"),
        ("Sources/Tensors/New.swift", "import Execution", "Tensors must not import Execution"),
        ("Sources/Commands/New.swift", "import Backends", "Commands must not import Backends"),
        ("Sources/Commands/New.swift", "import CRedisModule", "Commands must not import CRedisModule"),
        ("Sources/Redis/New.swift", "@_exported import Tensors", "Redis must not import Tensors"),
        (
            "Sources/Execution/New.swift", "import struct Foundation.URL",
            "Execution must not import Foundation"
        ),
        ("Sources/Execution/New.swift", "import Dispatch", "Execution must not import Dispatch"),
        ("Sources/Extras/New.swift", "", "the target Extras has no layer"),
    ])
    func anImportFromAboveIsFound(_ path: String, _ text: String, _ remark: String) {
        #expect(Self.remarks(path, text) == [remark])
    }

    @Test(arguments: [
        ("Sources/Tensors/New.swift", "import Glibc\nimport Synchronization"),
        ("Sources/Commands/New.swift", "import Keyspace"), ("Sources/Redis/New.swift", "// import Tensors"),
        ("Sources/Execution/New.swift", "import struct Tensors.Tensor"),
    ])
    func anImportFromBelowIsNot(_ path: String, _ text: String) {
        #expect(Self.remarks(path, text) == [])
    }
}
