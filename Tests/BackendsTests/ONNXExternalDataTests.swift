import Execution
import Glibc
import Tensors
import Testing

@testable import Backends

/// Models from a client never read a file: the scan refuses them, and so does the session by itself.
extension BackendsTests {
    @Suite
    struct ONNXExternalDataTests {
        private static let refusal = ExecutionError.backend(
            "Initializer tensors with external data is not allowed.")
        private static let secret = Array("REDIS0011-SECRET".utf8)

        static let names = Result { try Fixture.names(in: "external") }

        @Test func thereAreModelsToTry() throws {
            #expect(try Self.names.get().count >= 30)
        }

        @Test(arguments: try names.get())
        func everyHidingPlaceIsFound(_ name: String) throws {
            let bytes = try Fixture.model(name)
            #expect(throws: Self.refusal) { _ = try Runtime.onnx().load(.of(bytes)) }
        }

        /// In a folder where the file that the models name is there to be read.
        @Test(arguments: try names.get())
        func aSessionReadsNoFileByItself(_ name: String) throws {
            let bytes = try Fixture.model(name)
            let backend = try #require(try Runtime.onnx() as? ONNXRuntimeBackend)
            try inFolder(withFile: "dump.rdb", Self.secret) {
                guard let model = try? backend.build(bytes.span, weightByteCount: 0, gpu: nil) else { return }
                // Some carry the tensor where it is never read; no output may show the file.
                let inputs = try model.inputs.map { _ in try Tensor.of(.uint8, [1], [1]) }
                let outputs = (try? model.run(inputs)) ?? []
                for output in outputs {
                    #expect(output?.bytes.dropFirst().elementsEqual(Self.secret) != true)
                }
            }
        }

        private func inFolder(withFile name: String, _ content: [UInt8], _ body: () throws -> Void) throws {
            var template = Array("/tmp/backends-XXXXXX".utf8CString)
            let folder = try #require(mkdtemp(&template).map { String(cString: $0) })
            let before = try #require(getcwd(nil, 0))
            defer {
                chdir(before)
                free(before)
                unlink("\(folder)/\(name)")
                rmdir(folder)
            }
            let file = try #require(fopen("\(folder)/\(name)", "w"))
            #expect(fwrite(content, 1, content.count, file) == content.count)
            fclose(file)
            #expect(chdir(folder) == 0)
            try body()
        }
    }
}
