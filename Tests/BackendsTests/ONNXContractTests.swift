import CONNXRuntime
import Execution
import Synchronization
import Tensors
import Testing

@testable import Backends

/// Operators that are given fewer dimensions than they take for granted are an error of the run.
extension BackendsTests {
    @Suite
    struct ONNXContractTests {
        /// Models of `contracts`, a shape over which each would end the process, and one that suits it.
        static let cases: [(name: String, shape: [Int], suitable: [Int]?)] = [
            ("draws", [2], [2, 2]), ("fourier", [], [2, 2]), ("fourier_frames", [], nil),
            ("grid", [], [2, 2, 2, 2]), ("grid_in_branch", [], [2, 2, 2, 2]), ("regions", [2, 2], nil),
            ("reversed", [2], [2, 1]), ("unique", [2, 2], [2]),
        ]

        private static func ones(_ dimensions: [Int]) throws -> Tensor {
            try .floats(dimensions, .init(repeating: 1, count: dimensions.reduce(1, *)))
        }

        @Test(arguments: cases)
        func whatAnOperatorTakesForGrantedIsAnError(
            _ name: String, _ shape: [Int], _ suitable: [Int]?
        ) throws {
            let model = try Runtime.load("contracts/\(name)")
            for _ in 0..<3 {
                let error = #expect(throws: ExecutionError.self) { try model.run([Self.ones(shape)]) }
                guard case .backend(let text) = error else {
                    Issue.record("\(String(describing: error))")
                    return
                }
                #expect(text.hasSuffix(ONNX_CONTRACT_TEXT), "\(text)")
            }
        }

        @Test(arguments: cases.filter { $0.suitable != nil })
        func theModelGoesOnAfterwards(_ name: String, _ shape: [Int], _ suitable: [Int]?) throws {
            let model = try Runtime.load("contracts/\(name)")
            _ = try? model.run([Self.ones(shape)])
            #expect(try model.run([Self.ones(#require(suitable))]).count == 1)
        }

        @Test func itIsSoOnManyThreadsAtOnce() throws {
            let model = try Runtime.load("contracts/grid")
            let tensor = try Self.ones([])
            let failures = Atomic(0)
            inParallel(8) { _ in
                let failed = (0..<100).count { _ in (try? model.run([tensor])) == nil }
                failures.add(failed, ordering: .relaxed)
            }
            #expect(failures.load(ordering: .relaxed) == 800)
        }

        @Test func everyModelIsNamedInATest() throws {
            #expect(try Fixture.names(in: "contracts") == Self.cases.map { "contracts/\($0.name)" })
        }
    }
}
