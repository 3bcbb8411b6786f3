import Backends
import Execution
import Tensors

/// A backend that has to keep the contract, with its models.
enum ContractSubject: CaseIterable, Sendable {
    case reference
    case onnxRuntime
    case liteRT
    case tensorFlow
    case torch

    /// What the contract's tests need; each backend has all of them.
    enum Model {
        /// y = x for one of the backend's types and any shape [n].
        case identity(DataType)
        /// sum = a + b and difference = a - b for FLOAT [rows, 2].
        case sumDifference
        /// y = 2 * x for a FLOAT scalar.
        case double
        /// total = count for INT64 [1], reached by counting one by one.
        case count
    }

    /// What this backend can do, and in which words it refuses what it cannot.
    var abilities: ContractAbilities {
        switch self {
        case .reference, .onnxRuntime:
            ContractAbilities(
                kind: .onnxRuntime, garbageText: "No graph was found in the protobuf.",
                countText: { "ERR Expected \($0) inputs but got \($1)" })
        case .liteRT:
            ContractAbilities(
                kind: .tensorFlowLite, types: DataType.allCases.filter { $0 != .string },
                runsEmptyTensors: false, garbageText: "Failed to load model from buffer",
                countText: { _, _ in "Inconsistent number of inputs" })
        case .tensorFlow:
            ContractAbilities(
                kind: .tensorFlow, namesAreGiven: true, garbageText: "Invalid GraphDef",
                countText: { "ERR Expected \($0) inputs but got \($1)" })
        case .torch:
            ContractAbilities(
                kind: .torch, types: DataType.allCases.filter { $0 != .string },
                declaresOutputs: false,
                garbageText:
                    "PytorchStreamReader failed reading zip archive: failed finding central directory",
                countText: { "ERR Expected \($0) inputs but got \($1)" })
        }
    }

    func backend() throws -> any Backend {
        switch self {
        case .reference: ReferenceBackend(kind: .onnxRuntime)
        case .onnxRuntime: try Runtime.onnx()
        case .liteRT: try Runtime.liteRT()
        case .tensorFlow: try Runtime.tensorFlow()
        case .torch: try Runtime.torch()
        }
    }

    /// The model's file.
    func bytes(of model: Model) throws -> [UInt8] {
        switch (self, model) {
        case (.reference, .identity(let type)): Array("identity \(type.wireName)".utf8)
        case (.reference, .sumDifference): Array("sum_difference".utf8)
        case (.reference, .double): Array("double".utf8)
        case (.reference, .count): Array("count".utf8)
        case (.onnxRuntime, .identity(let type)):
            try Fixture.model("identity_" + "\(type.wireName)".lowercased())
        case (.onnxRuntime, .sumDifference): try Fixture.model("sum_difference")
        case (.onnxRuntime, .double): try Fixture.model("scalar_double")
        case (.onnxRuntime, .count): try Fixture.model("spin")
        case (.liteRT, .identity(let type)):
            try Fixture.tflite("identity_" + "\(type.wireName)".lowercased())
        case (.liteRT, .sumDifference): try Fixture.tflite("sum_difference")
        case (.liteRT, .double): try Fixture.tflite("scalar_double")
        case (.liteRT, .count): try Fixture.tflite("count")
        case (.tensorFlow, .identity(let type)):
            try Fixture.file("tensorflow/identity_" + "\(type.wireName)".lowercased() + ".pb")
        case (.tensorFlow, .sumDifference): try Fixture.file("tensorflow/sum_difference.pb")
        case (.tensorFlow, .double): try Fixture.file("tensorflow/scalar_double.pb")
        case (.tensorFlow, .count): try Fixture.file("tensorflow/count.pb")
        case (.torch, .identity(let type)):
            try Fixture.torch("identity_" + "\(type.wireName)".lowercased())
        case (.torch, .sumDifference): try Fixture.torch("sum_difference")
        case (.torch, .double): try Fixture.torch("scalar_double")
        case (.torch, .count): try Fixture.torch("spin")
        }
    }
}

extension ContractSubject {
    func load(_ model: Model) throws -> any LoadedModel {
        try backend().load(definition(of: bytes(of: model), model.inputNames, model.outputNames))
    }

    /// A definition as a client of this backend gives it: with names only if the backend asks for them.
    func definition(
        of bytes: [UInt8], _ inputNames: [String], _ outputNames: [String], device: String = "CPU"
    ) throws -> ModelDefinition {
        let namesAreGiven = abilities.namesAreGiven
        return try .of(
            bytes, backend: abilities.kind, device: device, inputNames: namesAreGiven ? inputNames : [],
            outputNames: namesAreGiven ? outputNames : [])
    }
}

extension ContractSubject.Model {
    var inputNames: [String] {
        switch self {
        case .identity, .double: ["x"]
        case .sumDifference: ["a", "b"]
        case .count: ["count"]
        }
    }

    var outputNames: [String] {
        switch self {
        case .identity, .double: ["y"]
        case .sumDifference: ["sum", "difference"]
        case .count: ["total"]
        }
    }
}
