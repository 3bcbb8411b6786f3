import Execution
import Tensors
import Testing

/// What every backend refuses, in one line, and goes on; runs over each of them.
extension BackendsTests {
    @Suite
    struct ContractRefusals {
        static let subjects = ContractSubject.allCases
        /// Each backend with every type that a model for floating point numbers is not made for.
        static let subjectsAndWrongTypes = subjects.flatMap { subject in
            DataType.allCases.filter { $0 != .float32 }.map { (subject, $0) }
        }

        @Test(arguments: subjects, [0, 1, 3])
        func anotherNumberOfInputsIsRefused(_ subject: ContractSubject, _ count: Int) throws {
            let model = try subject.load(.sumDifference)
            let right = try Tensor.floats([1, 2], [1, 2])
            let inputs = (0..<count).map { _ in right }

            #expect(throws: ExecutionError.backend(subject.abilities.countText(2, count))) {
                try model.run(inputs)
            }
            #expect(try model.run([right, right])[0]?.floats == [2, 4])
        }

        /// Also types that no model of the backend can have.
        @Test(arguments: subjectsAndWrongTypes)
        func anotherTypeIsRefusedInOneLine(_ subject: ContractSubject, _ type: DataType) throws {
            let model = try subject.load(.identity(.float32))
            let right = try Contract.sample(of: .float32)
            let wrong = try Contract.sample(of: type)

            try expectOneLine { try model.run([wrong]) }
            _ = try model.run([right])
            try expectOneLine { try model.run([wrong]) }
            #expect(try model.run([right])[0]?.bytes == right.bytes)
        }

        @Test(arguments: subjects, [[1, 3], [2], [], [1, 2, 1]])
        func anotherShapeIsRefusedInOneLine(_ subject: ContractSubject, _ dimensions: [Int]) throws {
            let model = try subject.load(.sumDifference)
            let count = dimensions.reduce(1, *)
            let right = try Tensor.floats([1, 2], [1, 2])
            let wrong = try Tensor.floats(dimensions, .init(repeating: 1, count: count))

            _ = try model.run([right, right])
            try expectOneLine { try model.run([right, wrong]) }
            try expectOneLine { try model.run([wrong, right]) }
            try expectOneLine { try model.run([wrong, wrong]) }
            #expect(try model.run([right, right])[0]?.floats == [2, 4])
        }

        @Test(arguments: subjects)
        func anotherShapeIsRefusedByAModelThatHasNotRunYet(_ subject: ContractSubject) throws {
            let model = try subject.load(.sumDifference)
            let wrong = try Tensor.floats([1, 3], [1, 2, 3])
            let right = try Tensor.floats([1, 2], [1, 2])

            try expectOneLine { try model.run([wrong, wrong]) }
            #expect(try model.run([right, right])[0]?.floats == [2, 4])
        }

        @Test(arguments: subjects)
        func inputsThatDoNotFitEachOtherAreRefused(_ subject: ContractSubject) throws {
            let model = try subject.load(.sumDifference)
            let two = try Tensor.floats([2, 2], [1, 2, 3, 4])
            let three = try Tensor.floats([3, 2], [1, 2, 3, 4, 5, 6])

            _ = try model.run([two, two])
            try expectOneLine { try model.run([two, three]) }
            #expect(try model.run([three, three])[0]?.floats == [2, 4, 6, 8, 10, 12])
        }

        @Test(arguments: subjects)
        func bytesThatAreNoModelAreRefused(_ subject: ContractSubject) throws {
            for bytes in [Array("no model".utf8), [0], [UInt8](repeating: 0xFF, count: 100)] {
                #expect(throws: ExecutionError.backend(subject.abilities.garbageText)) {
                    _ = try subject.backend().load(subject.definition(of: bytes, ["x"], ["y"]))
                }
            }
        }

        @Test(arguments: subjects)
        func noBytesAreNoModel(_ subject: ContractSubject) throws {
            try expectOneLine {
                _ = try subject.backend().load(subject.definition(of: [], ["x"], ["y"]))
                return []
            }
        }

        /// Where the client gives the names, they have to be there; where the model has its own, they count.
        @Test(arguments: subjects, [(["nowhere"], ["y"]), (["x"], ["nowhere"])])
        func namesThatTheModelDoesNotHave(
            _ subject: ContractSubject, _ names: (inputs: [String], outputs: [String])
        ) throws {
            let definition = try ModelDefinition.of(
                subject.bytes(of: .double), backend: subject.abilities.kind, inputNames: names.inputs,
                outputNames: names.outputs)
            guard subject.abilities.namesAreGiven else {
                let model = try subject.backend().load(definition)
                #expect(model.inputs.map(\.name) == [Array("x".utf8)])
                #expect(model.outputs.map(\.name) == subject.abilities.outputNames("y"))
                return
            }
            try expectOneLine {
                _ = try subject.backend().load(definition)
                return []
            }
        }

        @Test(arguments: subjects, ["GPU", "GPU:0", "gpu:1"])
        func aGPUThatIsNotThereIsRefused(_ subject: ContractSubject, _ device: String) throws {
            let model = ContractSubject.Model.double
            let definition = try subject.definition(
                of: subject.bytes(of: model), model.inputNames, model.outputNames, device: device)
            #expect(throws: subject.abilities.gpuError) { _ = try subject.backend().load(definition) }
        }

        @Test(arguments: subjects)
        func numberedProcessorsAreTheProcessor(_ subject: ContractSubject) throws {
            let model = ContractSubject.Model.double
            let definition = try subject.definition(
                of: subject.bytes(of: model), model.inputNames, model.outputNames, device: "CPU:1")
            let loaded = try subject.backend().load(definition)
            #expect(try loaded.run([.floats([], [4])])[0]?.floats == [8])
        }
    }
}

/// Expects a `.backend` error with a text that fits into one line of a reply.
func expectOneLine(
    _ body: () throws -> [Tensor?], sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let error = #expect(throws: ExecutionError.self, sourceLocation: sourceLocation) { _ = try body() }
    guard case .backend(let text) = error else {
        let found = String(describing: error)
        Issue.record("not a text of the runtime: \(found)", sourceLocation: sourceLocation)
        return
    }
    #expect(!text.isEmpty, sourceLocation: sourceLocation)
    #expect(!text.utf8.contains { $0 == 0x0A || $0 == 0x0D }, sourceLocation: sourceLocation)
}
