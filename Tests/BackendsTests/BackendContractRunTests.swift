import Execution
import Synchronization
import Tensors
import Testing

/// What every backend promises of many runs, long ones, and the end of a model; runs over each of them.
extension BackendsTests {
    @Suite
    struct ContractRuns {
        static let subjects = ContractSubject.allCases

        /// A model that several threads use, as Execution does: one at a time unless it allows more.
        private final class Shared: Sendable {
            private let model: any LoadedModel
            private let turn = Locked<Void>(())

            init(_ model: any LoadedModel) { self.model = model }

            func run(_ inputs: [Tensor]) throws(ExecutionError) -> [Tensor?] {
                guard !model.allowsOverlappingRuns else { return try model.run(inputs) }
                return try turn.withLock { _ throws(ExecutionError) in try model.run(inputs) }
            }
        }

        @Test(arguments: subjects)
        func runsOfOneModelOnManyThreadsDoNotMix(_ subject: ContractSubject) throws {
            let model = Shared(try subject.load(.sumDifference))
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
        func modelsAreLoadedAndRunOnManyThreadsAtOnce(_ subject: ContractSubject) throws {
            _ = try subject.backend()
            let right = Atomic<Int>(0)

            inParallel(4) { thread in
                for round in 0..<10 {
                    let value = Float(thread * 100 + round)
                    let outputs = try? subject.load(.double).run([.floats([], [value])])
                    if outputs?[0]?.floats == [2 * value] { right.add(1, ordering: .relaxed) }
                }
            }

            #expect(right.load(ordering: .relaxed) == 40)
        }

        /// A count that takes for ever; what cannot be stopped gets less to do.
        private static func longRun(of subject: ContractSubject) -> Int64 {
            subject.abilities.isInterruptible ? 1 << 50 : 10
        }

        @Test(arguments: subjects)
        func aRunWithoutEndIsStoppedAndItsThreadGoesOn(_ subject: ContractSubject) throws {
            let model = try subject.load(.count)
            let long = try Tensor.int64s([1], [Self.longRun(of: subject)])
            let few = try Tensor.int64s([1], [10])
            let slot = TestSlot()
            for _ in 0..<3 {
                if subject.abilities.isInterruptible {
                    try expectOneLine { try slot.runStopped(model, [long]) }
                } else {
                    #expect(try slot.runStopped(model, [long])[0]?.bytes == long.bytes)
                }
                for _ in 0..<3 { #expect(try slot.run(model, [few])[0]?.bytes == few.bytes) }
            }
        }

        @Test(arguments: subjects)
        func runsWithoutEndOnManyThreadsAreStopped(_ subject: ContractSubject) throws {
            let model = try subject.load(.count)
            try #require(model.allowsOverlappingRuns || !subject.abilities.isInterruptible)
            let long = try Tensor.int64s([1], [Self.longRun(of: subject)])
            let few = try Tensor.int64s([1], [10])
            let stopped = Atomic<Int>(0)
            let right = Atomic<Int>(0)
            let shared = Shared(model)

            inParallel(8) { _ in
                guard subject.abilities.isInterruptible else {
                    if (try? shared.run([long]))?[0]?.bytes == long.bytes {
                        right.add(1, ordering: .relaxed)
                    }
                    return
                }
                let slot = TestSlot()
                do throws(ExecutionError) {
                    _ = try slot.runStopped(model, [long])
                } catch {
                    stopped.add(1, ordering: .relaxed)
                }
                let outputs = try? slot.run(model, [few])
                if outputs?[0]?.bytes == few.bytes { right.add(1, ordering: .relaxed) }
            }

            #expect(stopped.load(ordering: .relaxed) == (subject.abilities.isInterruptible ? 8 : 0))
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
        func manyModelsLeaveNoMemoryBehind(_ subject: ContractSubject) throws {
            let input = try Tensor.floats([1, 2], [1, 2])
            func load(_ count: Int) throws {
                for _ in 0..<count { _ = try subject.load(.sumDifference).run([input, input]) }
                for _ in 0..<count {
                    let definition = try subject.definition(of: Array("no model".utf8), ["x"], ["y"])
                    _ = try? subject.backend().load(definition)
                }
            }
            try load(50)

            let growths = try (0..<5).map { _ in
                let before = try residentByteCount()
                try load(50)
                return try residentByteCount() - before
            }

            // Less than a page for each.
            #expect(try #require(growths.min()) < 50 * 4096)
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
        func theRuntimeTellsItsVersion(_ subject: ContractSubject) throws {
            let version = try subject.backend().version
            #expect(!version.isEmpty)
            #expect(version.allSatisfy { $0.isNumber || $0 == "." })
        }
    }
}
