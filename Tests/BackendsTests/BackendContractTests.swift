import Execution
import Synchronization
import Tensors
import Testing

/// What every backend promises; runs over each of them.
extension BackendsTests {
    @Suite
    struct Contract {
        static let subjects = ContractSubject.allCases
        static let subjectsAndTypes = subjects.flatMap { subject in
            DataType.allCases.map { (subject, $0) }
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

            #expect(model.inputs.map(\.name) == [Array("x".utf8)])
            #expect(model.outputs.map(\.name) == [Array("y".utf8)])
            #expect(model.inputs[0].type == type)
            #expect(model.outputs[0].type == type)
            #expect(model.inputs[0].dimensions == [nil])
            #expect(model.outputs[0].dimensions == [nil])
        }

        @Test(arguments: subjects)
        func scalarsGoInAndComeOut(_ subject: ContractSubject) throws {
            let model = try subject.load(.double)
            #expect(model.inputs[0].dimensions == .some([]))

            for value in [Float(21), -0.5] {
                let outputs = try model.run([.floats([], [value])])
                #expect(outputs[0]?.dimensions == [])
                #expect(outputs[0]?.floats == [2 * value])
            }
        }

        @Test(arguments: subjects, [DataType.float32, .int64, .bool, .string])
        func tensorsWithoutElementsGoInAndComeOut(_ subject: ContractSubject, _ type: DataType) throws {
            let model = try subject.load(.identity(type))

            for _ in 0..<2 {
                let outputs = try model.run([.of(type, [0], [])])
                #expect(outputs[0]?.dimensions == [0])
                #expect(outputs[0]?.bytes == [])
            }
        }

        @Test(arguments: subjects)
        func severalInputsAndOutputsKeepTheirOrder(_ subject: ContractSubject) throws {
            let model = try subject.load(.sumDifference)
            #expect(model.inputs.map(\.name) == [Array("a".utf8), Array("b".utf8)])
            #expect(model.outputs.map(\.name) == [Array("sum".utf8), Array("difference".utf8)])

            let outputs = try model.run([
                .floats([2, 2], [1, 2, 3, 4]), .floats([2, 2], [10, 20, 30, 40]),
            ])
            #expect(outputs[0]?.floats == [11, 22, 33, 44])
            #expect(outputs[1]?.floats == [-9, -18, -27, -36])
        }

        @Test(arguments: subjects)
        func anyNumberOfRowsRunsInAnyOrder(_ subject: ContractSubject) throws {
            let model = try subject.load(.sumDifference)
            for rows in [1, 3, 0, 7, 2, 1] {
                let values = (0..<2 * rows).map(Float.init)
                let tensor = try Tensor.floats([rows, 2], values)
                let outputs = try model.run([tensor, tensor])
                #expect(outputs.map { $0?.dimensions } == [[rows, 2], [rows, 2]])
                #expect(outputs[0]?.floats == values.map { 2 * $0 })
                #expect(outputs[1]?.floats == values.map { _ in 0 })
            }
        }

        @Test(arguments: subjects, [0, 1, 3])
        func anotherNumberOfInputsIsRefused(_ subject: ContractSubject, _ count: Int) throws {
            let model = try subject.load(.sumDifference)
            let inputs = try (0..<count).map { _ in try Tensor.floats([1, 2], [1, 2]) }

            #expect(throws: ExecutionError.backend("ERR Expected 2 inputs but got \(count)")) {
                try model.run(inputs)
            }
        }

        @Test(arguments: subjects)
        func anotherTypeIsRefusedInOneLine(_ subject: ContractSubject) throws {
            let model = try subject.load(.double)
            try expectOneLine { try model.run([.of(.float64, [], [UInt8](repeating: 0, count: 8))]) }
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
            for bytes in [Array("no model".utf8), [], [0], [UInt8](repeating: 0xFF, count: 100)] {
                #expect(throws: ExecutionError.backend("No graph was found in the protobuf.")) {
                    _ = try subject.backend().load(.of(bytes))
                }
            }
        }

        @Test(arguments: subjects)
        func aGPUThatIsNotThereIsRefused(_ subject: ContractSubject) throws {
            #expect(throws: ExecutionError.noGPU(.onnxRuntime)) {
                _ = try subject.backend().load(.of(subject.bytes(of: .double), device: "GPU:0"))
            }
        }

        @Test(arguments: subjects)
        func runsOfOneModelOverlapWithoutMixing(_ subject: ContractSubject) throws {
            let model = try subject.load(.sumDifference)
            try #require(model.allowsOverlappingRuns)
            let wrong = Atomic<Int>(0)

            inParallel(4) { thread in
                for round in 0..<500 {
                    let value = Float(thread * 1000 + round)
                    let rows = 1 + round % 3
                    let ones = [Float](repeating: 1, count: 2 * rows)
                    let values = [Float](repeating: value, count: 2 * rows)
                    let outputs = try? model.run([.floats([rows, 2], values), .floats([rows, 2], ones)])
                    let isRight =
                        outputs?[0]?.floats == values.map { $0 + 1 }
                        && outputs?[1]?.floats == values.map { $0 - 1 }
                    if !isRight { wrong.add(1, ordering: .relaxed) }
                }
            }

            #expect(wrong.load(ordering: .relaxed) == 0)
        }

        @Test(arguments: subjects)
        func aRunWithoutEndIsStoppedAndItsThreadGoesOn(_ subject: ContractSubject) throws {
            let model = try subject.load(.count)
            let forever = try Tensor.int64s([1], [1 << 50])
            let few = try Tensor.int64s([1], [10])
            let slot = Runtime.hastyWatch.makeSlot()
            for _ in 0..<3 {
                try expectOneLine { try model.run([forever], stop: slot.stop()) }
                for _ in 0..<3 { #expect(try model.run([few], stop: slot.stop())[0]?.bytes == few.bytes) }
            }
        }

        @Test(arguments: subjects)
        func runsWithoutEndOnManyThreadsAreStopped(_ subject: ContractSubject) throws {
            let model = try subject.load(.count)
            let forever = try Tensor.int64s([1], [1 << 50])
            let few = try Tensor.int64s([1], [10])
            let stopped = Atomic<Int>(0)
            let right = Atomic<Int>(0)

            inParallel(8) { _ in
                let slot = Runtime.hastyWatch.makeSlot()
                do throws(ExecutionError) {
                    _ = try model.run([forever], stop: slot.stop())
                } catch {
                    stopped.add(1, ordering: .relaxed)
                }
                let outputs = try? model.run([few], stop: slot.stop())
                if outputs?[0]?.bytes == few.bytes { right.add(1, ordering: .relaxed) }
            }

            #expect(stopped.load(ordering: .relaxed) == 8)
            #expect(right.load(ordering: .relaxed) == 8)
        }

        @Test(arguments: subjects)
        func manyRunsLeaveNoMemoryBehind(_ subject: ContractSubject) throws {
            let backend = try subject.backend()
            let model = try subject.load(.sumDifference)
            let input = try Tensor.floats([8, 2], .init(repeating: 1, count: 16))
            let bad = try Tensor.floats([8, 3], .init(repeating: 1, count: 24))
            func run(_ count: Int) throws {
                for _ in 0..<count { _ = try model.run([input, input]) }
                for _ in 0..<count / 10 { _ = try? model.run([input, bad]) }
            }
            try run(1_000)
            let own = backend.memoryByteCount

            // Other tests may take memory meanwhile; a leak grows in every round.
            let growths = try (0..<5).map { _ in
                let before = try residentByteCount()
                try run(2_000)
                return try residentByteCount() - before
            }

            #expect(backend.memoryByteCount == own)
            // One value of the runtime per run would be more than this.
            #expect(try #require(growths.min()) < 64 << 10)
        }

        @Test(arguments: subjects)
        func aModelIsFreedWithItsLastUser(_ subject: ContractSubject) throws {
            let backend = try subject.backend()
            let before = backend.memoryByteCount
            do {
                let model = try subject.load(.sumDifference)
                let input = try Tensor.floats([1, 2], [1, 2])
                _ = try model.run([input, input])
            }
            #expect(backend.memoryByteCount == before)
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
    }
}

/// Expects a `.backend` error with a text that fits into one line of a reply.
private func expectOneLine(
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
