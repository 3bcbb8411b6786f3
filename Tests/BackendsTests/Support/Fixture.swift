import Foundation

/// Files beside the tests.
enum Fixture {
    /// The package's folder.
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static let models = root.appendingPathComponent("Tests/Fixtures/models")

    /// The bytes of a model by its path below the models' folder, without the ending `.onnx`.
    static func model(_ name: String) throws -> [UInt8] {
        try file("\(name).onnx")
    }

    /// The bytes of a TFLite model by its name.
    static func tflite(_ name: String) throws -> [UInt8] {
        try file("tflite/\(name).tflite")
    }

    /// The bytes of a TorchScript model by its name.
    static func torch(_ name: String) throws -> [UInt8] { try file("torch/\(name).pt") }

    /// The bytes of any file below the models' folder.
    static func file(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: models.appendingPathComponent(name)))
    }

    /// The names of all files with an ending in a folder below the models' folder, sorted.
    static func names(in folder: String, ending: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: models.appendingPathComponent(folder).path)
            .filter { $0.hasSuffix(ending) }.sorted()
    }

    /// The names of all models in a folder below the models' folder, sorted.
    static func names(in folder: String) throws -> [String] {
        let files = try FileManager.default.contentsOfDirectory(
            atPath: models.appendingPathComponent(folder).path)
        return files.filter { $0.hasSuffix(".onnx") }.map { "\(folder)/\($0.dropLast(5))" }.sorted()
    }
}
