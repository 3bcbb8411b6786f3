import Execution
import Foundation
import Tensors
import Testing

@testable import Backends

/// Packages of AOTInductor: models that are native code.
extension BackendsTests {
    @Suite(.enabled(if: Runtime.isX86, "the packages hold code for x86-64"))
    struct TorchPackageTests {
        /// libtorch as it is with TORCH_ALLOW_NATIVE_CODE.
        private static let permissive = Result {
            var options = BackendOptions()
            options.allowsNativeCode = { true }
            return try TorchBackend(
                libraryPath: "\(Runtime.folder)/redisai_torch/redisai_torch.so", options: options)
        }

        private static let notAllowed =
            "ERR the model is native code (an AOTInductor package) and is not allowed; "
            + "the setting TORCH_ALLOW_NATIVE_CODE allows it"

        private func package(_ name: String) throws -> [UInt8] { try Fixture.file("torch/\(name).pt2") }

        private func load(_ bytes: [UInt8]) throws -> any LoadedModel {
            try Self.permissive.get().load(.of(bytes, backend: .torch))
        }

        private func load(_ name: String) throws -> any LoadedModel { try load(package(name)) }

        /// The runtime's words for refusing something; nil if it did not.
        private func refusal(_ body: () throws -> Void) throws -> String? {
            do {
                try body()
                return nil
            } catch ExecutionError.backend(let text) {
                return text
            }
        }

        /// Folders that the bridge has left behind.
        private func leftovers() throws -> [String] {
            let parent = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
            return try FileManager.default.contentsOfDirectory(atPath: parent)
                .filter { $0.hasPrefix("redisai-torch-") }
        }

        @Test func aPackageIsRefusedByDefault() throws {
            let before = try leftovers()
            let bytes = try package("package_scaled")
            let text = try refusal { _ = try Runtime.torch().load(.of(bytes, backend: .torch)) }
            #expect(text == Self.notAllowed)
            #expect(try leftovers() == before)
        }

        @Test func anAllowedPackageRunsAndLeavesNoFiles() throws {
            let before = try leftovers()
            let model = try load("package_scaled")
            #expect(try leftovers() == before)
            let a = try Tensor.floats([2, 2], [1, 2, 3, 4])
            let b = try Tensor.floats([2, 2], [10, 20, 30, 40])
            for _ in 0..<3 {
                let made = try model.run([a, b])[0]
                #expect(made?.floats == [11, 41, 91, 161])
                #expect(made?.dimensions == [2, 2])
            }
            #expect(try leftovers() == before)
        }

        @Test func aPackageTellsItsInputsAndOutputs() throws {
            let model = try load("package_sum_difference")
            #expect(model.inputs.count == 2)
            #expect(model.outputs.count == 2)
            #expect(model.memoryByteCount > 0)
            #expect(model.allowsOverlappingRuns)
        }

        @Test func twoPackagesDoNotMeet() throws {
            let scaled = try load("package_scaled")
            let both = try load("package_sum_difference")
            let a = try Tensor.floats([1, 2], [5, 7])
            let b = try Tensor.floats([1, 2], [1, 2])
            #expect(try both.run([a, b]).map { $0?.floats } == [[6, 9], [4, 5]])
            #expect(try scaled.run([a, b]).map { $0?.floats } == [[6, 15]])
            #expect(try both.run([b, a]).map { $0?.floats } == [[6, 9], [-4, -5]])
        }

        @Test func threadsMayRunAPackageAtOnce() throws {
            let model = try load("package_scaled")
            let wrong = Locked<[String]>([])
            inParallel(8) { number in
                for step in 0..<200 {
                    let rows = 1 + step % 5
                    let value = Float(number * 1000 + step)
                    do {
                        let a = try Tensor.floats([rows, 2], Array(repeating: value, count: rows * 2))
                        let made = try model.run([a, a])[0]?.floats
                        guard made == Array(repeating: value * value + 1, count: rows * 2) else {
                            wrong.withLock { $0.append("\(number) \(step)") }
                            continue
                        }
                    } catch {
                        wrong.withLock { $0.append("\(number) \(step): \(error)") }
                    }
                }
            }
            #expect(wrong.withLock { $0 } == [])
        }

        @Test func inputsStayAsTheyAre() throws {
            let model = try load("package_writes_its_input")
            let x = try Tensor.floats([1, 2], [3, 4])
            for _ in 0..<2 { #expect(try model.run([x])[0]?.floats == [6, 8]) }
            #expect(x.floats == [3, 4])
        }

        /// Else the code would read beyond them.
        @Test func inputsThatDoNotFitAreRefusedInOneLine() throws {
            let model = try load("package_scaled")
            let a = try Tensor.floats([3, 2], [1, 2, 3, 4, 5, 6])
            let wrong = try [
                Tensor.floats([2, 2], [1, 2, 3, 4]), .floats([3, 1], [1, 2, 3]), .floats([6], a.floats),
                .int64s([3, 2], [1, 2, 3, 4, 5, 6]),
            ]
            for tensor in wrong {
                let text = try #require(try refusal { _ = try model.run([a, tensor]) })
                #expect(text.contains("expected") && !text.contains("\n"), "\(text)")
            }
            #expect(
                try refusal { _ = try model.run([a]) } == "ERR Expected 2 inputs but got 1")
            #expect(try model.run([a, a])[0]?.floats == [2, 5, 10, 17, 26, 37])
        }

        @Test func anExportedProgramIsRefused() throws {
            let text = try refusal { _ = try load("exported_program") }
            #expect(text == "ERR the archive is an exported program; compile it to a package of AOTInductor")
        }

        @Test func aCutPackageIsRefused() throws {
            let before = try leftovers()
            let bytes = try package("package_scaled")
            for length in stride(from: 0, to: bytes.count, by: 2003) {
                #expect(try refusal { _ = try load(Array(bytes[..<length])) } != nil)
            }
            #expect(try leftovers() == before)
        }
    }
}
