import Execution
import Testing

@Suite struct DeviceTests {
    static let readable: [(String, Device.Kind, Int?, String)] = [
        ("CPU", .cpu, nil, "CPU"), ("cpu", .cpu, nil, "CPU"), ("cPu", .cpu, nil, "CPU"),
        ("GPU", .gpu, nil, "GPU"), ("gpu", .gpu, nil, "GPU"), ("CPU:", .cpu, nil, "CPU:"),
        ("CPU:0", .cpu, 0, "CPU:0"), ("gpu:1", .gpu, 1, "GPU:1"), ("CPU:007", .cpu, 7, "CPU:007"),
        ("CPU:12345", .cpu, 12345, "CPU:12345"), ("GPU:99999", .gpu, 99999, "GPU:99999"),
    ]

    @Test(arguments: readable)
    func hasItsKind(_ text: String, _ kind: Device.Kind, _ index: Int?, _ queue: String) {
        #expect(Device(Array(text.utf8))?.kind == kind)
    }

    @Test(arguments: readable)
    func hasItsNumber(_ text: String, _ kind: Device.Kind, _ index: Int?, _ queue: String) throws {
        #expect(try #require(Device(Array(text.utf8))).index == index)
    }

    @Test(arguments: readable)
    func keepsTheTextAsTyped(_ text: String, _ kind: Device.Kind, _ index: Int?, _ queue: String) {
        #expect(Device(Array(text.utf8))?.text == Array(text.utf8))
    }

    @Test(arguments: readable)
    func hasAQueueInUpperCase(_ text: String, _ kind: Device.Kind, _ index: Int?, _ queue: String) {
        #expect(Device(Array(text.utf8))?.queueName == queue)
    }

    @Test(arguments: [
        "", "C", "CP", "CPUS", "CPU0", "CPU 0", " CPU", "CPU ", "TPU", "XPU:0", "CPU:x", "CPU:-1", "CPU:+1",
        "CPU:1x", "CPU::1", "CPU:1:", "CPU:123456", "GPU:000000", "CPU\0", "CPU:\0", "CPU:\u{661}", "CPU;1",
        "INPUTS", "CPU:/", "CPU:1 ",
    ])
    func refusesAnythingElse(_ text: String) {
        #expect(Device(Array(text.utf8)) == nil)
    }

    @Test func refusesBytesThatAreNoText() {
        #expect(Device([0xFF, 0xFF, 0xFF]) == nil)
    }
}

@Suite struct BackendKindTests {
    static let kinds: [(BackendKind, UInt8, String, String)] = [
        (.tensorFlow, 0, "TF", "redisai_tensorflow"), (.tensorFlowLite, 1, "TFLITE", "redisai_tflite"),
        (.torch, 2, "TORCH", "redisai_torch"), (.onnxRuntime, 3, "ONNX", "redisai_onnxruntime"),
    ]

    static func kind(named name: String) -> BackendKind? { BackendKind(wireName: Array(name.utf8).span) }

    @Test func theTableHasEveryKind() {
        #expect(Self.kinds.map(\.0) == BackendKind.allCases)
    }

    /// The numbers stand in RDB files, so they never change.
    @Test(arguments: kinds)
    func hasItsNumber(_ kind: BackendKind, _ number: UInt8, _ name: String, _ library: String) {
        #expect(kind.rawValue == number)
    }

    @Test(arguments: kinds)
    func isFoundByItsNameInAnyCase(_ kind: BackendKind, _ number: UInt8, _ name: String, _ library: String) {
        #expect([name, name.lowercased(), name.capitalized].map(Self.kind) == [kind, kind, kind])
    }

    @Test(arguments: kinds)
    func hasTheLibrarysName(_ kind: BackendKind, _ number: UInt8, _ name: String, _ library: String) {
        #expect(kind.libraryName == library)
    }

    @Test(arguments: ["", "T", "TFL", "TENSORFLOW", "ONNX ", " TF", "PYTORCH", "TF\0"])
    func refusesOtherNames(_ name: String) {
        #expect(Self.kind(named: name) == nil)
    }
}

extension String {
    /// The first letter as it is, the others in lower case.
    fileprivate var capitalized: String { prefix(1) + dropFirst().lowercased() }
}
