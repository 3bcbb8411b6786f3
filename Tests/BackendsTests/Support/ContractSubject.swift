import Backends
import Execution
import Tensors

/// A backend that has to keep the contract, with its models.
enum ContractSubject: CaseIterable, Sendable {
    case reference
    case onnxRuntime

    /// What the contract's tests need; each backend has all of them.
    enum Model {
        /// y = x for one type and any shape [n].
        case identity(DataType)
        /// sum = a + b and difference = a - b for FLOAT [rows, 2].
        case sumDifference
        /// y = 2 * x for a FLOAT scalar.
        case double
        /// Counts one by one to INT64 [1] and gives that.
        case count
    }

    func backend() throws -> any Backend {
        switch self {
        case .reference: ReferenceBackend(kind: .onnxRuntime)
        case .onnxRuntime: try Runtime.onnx()
        }
    }

    func load(_ model: Model) throws -> any LoadedModel {
        try backend().load(.of(bytes(of: model)))
    }

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
        }
    }
}
