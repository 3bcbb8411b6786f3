import Execution
import Tensors
import Testing

@testable import Backends

/// What is special to LiteRT, with the real library.
extension BackendsTests {
    @Suite
    struct LiteRTBackendTests {
        static func load(_ name: String) throws -> any LoadedModel { try Runtime.loadTFLite(name) }

        @Test func theSelfTestIsTheFixture() throws {
            #expect(LiteRTSelfTest.model == (try Fixture.tflite("self_test")))
        }

        @Test func theVersionIsThatOfTheDeclarations() throws {
            #expect(try Runtime.liteRT().version == "2.3.0")
        }

        @Test func anotherLibraryIsRefused() {
            #expect(throws: BackendOpeningError.missingSymbol("LiteRtCreateEnvironment")) {
                _ = try LiteRTBackend(libraryPath: "libc.so.6", options: BackendOptions())
            }
        }

        @Test func severalThreadsOfTheRuntimeGiveTheSame() throws {
            let path = "\(Runtime.folder)/redisai_tflite/redisai_tflite.so"
            let backend = try LiteRTBackend(
                libraryPath: path, options: BackendOptions(intraOperatorThreads: 2))
            let model = try backend.load(
                .of(Fixture.tflite("matrix"), backend: .tensorFlowLite))
            let outputs = try model.run([.floats([2, 3], [1, 0, 0, 0, 1, 1])])
            #expect(outputs[0]?.floats == [1, 2, 8, 10])
        }

        @Test func namesAreOfTheFirstSignatureInTheOrderOfItsGraph() throws {
            let model = try Self.load("renamed")
            #expect(model.inputs.map(\.name) == [Array("bottom".utf8), Array("top".utf8)])
            #expect(model.outputs.map(\.name) == [Array("quotient".utf8)])
            let outputs = try model.run([.floats([2], [2, 4]), .floats([2], [10, 10])])
            #expect(outputs[0]?.floats == [5, 2.5])
        }

        @Test func theFirstSignatureMayBeOfAnotherGraph() throws {
            let outputs = try Self.load("several_signatures").run([.floats([1, 2], [3, 4])])
            #expect(outputs[0]?.floats == [6, 8])
        }

        @Test func aModelWithoutInputsRuns() throws {
            let model = try Self.load("constant_only")
            for _ in 0..<2 { #expect(try model.run([])[0]?.floats == [10, 12]) }
        }

        @Test func anInputThatNothingReadsIsTaken() throws {
            let model = try Self.load("unused_input")
            for count in [1, 3, 2] {
                let tensor = try Tensor.floats([count], .init(repeating: 2, count: count))
                #expect(try model.run([tensor, tensor])[0]?.floats == .init(repeating: 4, count: count))
            }
        }

        @Test(arguments: [
            ("passed_through", [[Float(1), 2, 3, 4], [2, 4, 6, 8]]),
            ("listed_twice", [[2, 4, 6, 8], [2, 4, 6, 8]]),
            ("weight_as_output", [[5, 6, 7, 8], [6, 8, 10, 12]]),
        ])
        func outputsThatNothingComputesAreRight(_ name: String, _ expected: [[Float]]) throws {
            let model = try Self.load(name)
            for _ in 0..<2 {
                let outputs = try model.run([.floats([4], [1, 2, 3, 4])])
                #expect(outputs.map { $0?.floats } == expected)
            }
        }

        @Test func aWrongDeclaredShapeIsNotBelieved() throws {
            let model = try Self.load("wrong_declared_shape")
            #expect(model.outputs[0].dimensions == [4])
            #expect(try model.run([.floats([3], [1, 2, 3])])[0]?.floats == [2, 4, 6])
        }

        @Test func aModelOfOneRowTakesMore() throws {
            let model = try Self.load("fixed_row")
            for rows in [3, 1, 7] {
                let values = (0..<2 * rows).map(Float.init)
                let outputs = try model.run([.floats([rows, 2], values)])
                #expect(outputs[0]?.floats == values.map { 2 * $0 })
            }
        }

        @Test(arguments: ["identity_string", "identity_complex64"])
        func typesThatCannotBeHandedInAreRefused(_ name: String) {
            let text = "ERR element type of input 'x' is not supported by TFLITE"
            #expect(throws: ExecutionError.backend(text)) { _ = try Self.load(name) }
        }

        @Test func anUnknownOperatorIsRefusedAtOnce() {
            let text =
                "Failed to allocate tensors: Encountered unresolved custom op: NobodysOperator."
            #expect(throws: ExecutionError.backend(text)) { _ = try Self.load("unknown_operator") }
        }
    }
}
