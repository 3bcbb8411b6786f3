import Execution
import Tensors
import Testing

/// What every backend promises of the values that go in and come out; runs over each of them.
extension BackendsTests {
    @Suite
    struct Contract {
        static let subjects = ContractSubject.allCases
        static let subjectsAndTypes = subjects.flatMap { subject in
            subject.abilities.types.map { (subject, $0) }
        }

        /// Three elements of a type, each with its own bits.
        static func sample(of type: DataType) throws -> Tensor {
            switch type {
            case .string: return try .strings([3], ["", "two words", "é"])
            case .bool: return try .of(.bool, [3], [1, 0, 1])
            case .float32, .float64, .float16, .bfloat16, .int8, .int16, .int32, .int64, .uint8, .uint16,
                .uint32, .uint64:
                let count = 3 * (type.byteWidth ?? 0)
                return try .of(type, [3], (0..<count).map { UInt8($0 * 5 + 1) })
            }
        }

        @Test(arguments: subjectsAndTypes)
        func everyTypeGoesInAndComesOut(_ subject: ContractSubject, _ type: DataType) throws {
            let model = try subject.load(.identity(type))
            let input = try Self.sample(of: type)

            let first = try model.run([input])
            let second = try model.run([input])

            for outputs in [first, second] {
                #expect(outputs.count == 1)
                #expect(outputs[0]?.type == type)
                #expect(outputs[0]?.dimensions == [3])
                #expect(outputs[0]?.bytes == input.bytes)
            }
        }

        @Test(arguments: subjectsAndTypes)
        func namesTypesAndShapesAreKnown(_ subject: ContractSubject, _ type: DataType) throws {
            let model = try subject.load(.identity(type))
            let isDeclared = subject.abilities.declaresOutputs

            #expect(model.inputs.map(\.name) == [Array("x".utf8)])
            #expect(model.outputs.map(\.name) == subject.abilities.outputNames("y"))
            #expect(model.inputs[0].type == (isDeclared ? type : nil))
            #expect(model.outputs[0].type == (isDeclared ? type : nil))
            #expect(model.inputs[0].dimensions == (isDeclared ? [nil] : nil))
            #expect(model.outputs[0].dimensions == (isDeclared ? [nil] : nil))
        }

        @Test(arguments: subjects)
        func scalarsGoInAndComeOut(_ subject: ContractSubject) throws {
            let model = try subject.load(.double)
            #expect(model.inputs[0].dimensions == (subject.abilities.declaresOutputs ? .some([]) : nil))

            for value in [Float(21), -0.5] {
                let outputs = try model.run([.floats([], [value])])
                #expect(outputs[0]?.dimensions == [])
                #expect(outputs[0]?.floats == [2 * value])
            }
        }

        @Test(arguments: subjectsAndTypes)
        func tensorsWithoutElementsGoInAndComeOut(_ subject: ContractSubject, _ type: DataType) throws {
            let model = try subject.load(.identity(type))

            for _ in 0..<2 {
                guard subject.abilities.runsEmptyTensors else {
                    try expectOneLine { try model.run([.of(type, [0], [])]) }
                    continue
                }
                let outputs = try model.run([.of(type, [0], [])])
                #expect(outputs[0]?.type == type)
                #expect(outputs[0]?.dimensions == [0])
                #expect(outputs[0]?.bytes == [])
            }
            // What comes after is not disturbed.
            let sample = try Self.sample(of: type)
            #expect(try model.run([sample])[0]?.bytes == sample.bytes)
        }

        @Test(arguments: subjects)
        func severalInputsAndOutputsKeepTheirOrder(_ subject: ContractSubject) throws {
            let model = try subject.load(.sumDifference)
            #expect(model.inputs.map(\.name) == [Array("a".utf8), Array("b".utf8)])
            #expect(model.outputs.map(\.name) == subject.abilities.outputNames("sum", "difference"))

            let outputs = try model.run([
                .floats([2, 2], [1, 2, 3, 4]), .floats([2, 2], [10, 20, 30, 40]),
            ])
            #expect(outputs[0]?.floats == [11, 22, 33, 44])
            #expect(outputs[1]?.floats == [-9, -18, -27, -36])
        }

        @Test(arguments: subjects)
        func anyNumberOfRowsRunsInAnyOrder(_ subject: ContractSubject) throws {
            let model = try subject.load(.sumDifference)
            for rows in [1, 3, 0, 7, 1000, 2, 1] {
                let values = (0..<2 * rows).map(Float.init)
                let tensor = try Tensor.floats([rows, 2], values)
                guard rows > 0 || subject.abilities.runsEmptyTensors else {
                    try expectOneLine { try model.run([tensor, tensor]) }
                    continue
                }
                let outputs = try model.run([tensor, tensor])
                #expect(outputs.map { $0?.dimensions } == [[rows, 2], [rows, 2]])
                #expect(outputs[0]?.floats == values.map { 2 * $0 })
                #expect(outputs[1]?.floats == values.map { _ in 0 })
            }
        }

        @Test(arguments: subjects)
        func theSameTensorMayBeSeveralInputs(_ subject: ContractSubject) throws {
            let model = try subject.load(.sumDifference)
            let tensor = try Tensor.floats([1, 2], [1, 2])
            for _ in 0..<2 {
                let outputs = try model.run([tensor, tensor])
                #expect(outputs[0]?.floats == [2, 4])
                #expect(outputs[1]?.floats == [0, 0])
            }
            #expect(tensor.floats == [1, 2])
        }

        @Test(arguments: subjects)
        func outputsStayWhatTheyAreWhenTheModelRunsAgain(_ subject: ContractSubject) throws {
            let model = try subject.load(.sumDifference)
            let first = try Tensor.floats([1, 2], [1, 2])
            let second = try Tensor.floats([1, 2], [5, 6])
            _ = try model.run([first, first])

            let kept = try model.run([first, first])
            _ = try model.run([second, second])

            #expect(kept[0]?.floats == [2, 4])
        }

        @Test(arguments: subjects)
        func outputsOutliveTheirModel(_ subject: ContractSubject) throws {
            func run() throws -> [Tensor?] {
                let input = try Tensor.floats([1, 2], [1, 2])
                let model = try subject.load(.sumDifference)
                _ = try model.run([input, input])
                return try model.run([input, input])
            }
            #expect(try run()[0]?.floats == [2, 4])
        }

        @Test(arguments: subjects)
        func aModelOutlivesTheBytesThatItWasMadeOf(_ subject: ContractSubject) throws {
            func load() throws -> any LoadedModel { try subject.load(.sumDifference) }
            let model = try load()
            // Takes the place that the bytes had, if they are gone.
            let garbage = (0..<64).map { _ in [UInt8](repeating: 0xFF, count: 4096) }
            let input = try Tensor.floats([1, 2], [1, 2])
            #expect(try model.run([input, input])[0]?.floats == [2, 4])
            #expect(garbage.count == 64)
        }
    }
}
