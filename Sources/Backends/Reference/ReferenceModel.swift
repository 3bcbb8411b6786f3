import Execution
import Tensors

/// A model of the reference backend: what it takes and gives, and a function.
public final class ReferenceModel: LoadedModel {
    public let inputs: [TensorSpecification]
    public let outputs: [TensorSpecification]
    private let compute: @Sendable ([Tensor], RunStop) throws(ExecutionError) -> [Tensor?]

    init(
        inputs: [TensorSpecification], outputs: [TensorSpecification],
        compute: @escaping @Sendable ([Tensor], RunStop) throws(ExecutionError) -> [Tensor?]
    ) {
        self.inputs = inputs
        self.outputs = outputs
        self.compute = compute
    }

    public var allowsOverlappingRuns: Bool { true }
    /// The counter's work is its input's value.
    public var hasBoundedWork: Bool { false }
    public var memoryByteCount: Int { 0 }

    public func run(_ inputs: [Tensor], stop: RunStop) throws(ExecutionError) -> [Tensor?] {
        guard inputs.count == self.inputs.count else {
            throw .backend("ERR Expected \(self.inputs.count) inputs but got \(inputs.count)")
        }
        for (input, expected) in zip(inputs, self.inputs) {
            guard input.type == expected.type else { throw .backend("Unexpected input data type") }
            try Self.check(input.shape.dimensions, against: expected.dimensions)
        }
        return try compute(inputs, stop)
    }

    private static func check(_ dimensions: [Int], against expected: [Int?]?) throws(ExecutionError) {
        guard let expected else { return }
        guard dimensions.count == expected.count else { throw .backend("Invalid rank for input") }
        let isMatch = zip(dimensions, expected).allSatisfy { $1 == nil || $0 == $1 }
        guard isMatch else { throw .backend("Got invalid dimensions for input") }
    }
}

extension ReferenceModel {
    /// y = x for one type, for any shape of rank 1.
    static func identity(_ type: DataType) -> ReferenceModel {
        ReferenceModel(
            inputs: [TensorSpecification(name: Array("x".utf8), type: type, dimensions: [nil])],
            outputs: [TensorSpecification(name: Array("y".utf8), type: type, dimensions: [nil])]
        ) { inputs, _ in [inputs[0]] }
    }

    /// y = 2 * x for a FLOAT scalar.
    static var doubled: ReferenceModel {
        ReferenceModel(
            inputs: [TensorSpecification(name: Array("x".utf8), type: .float32, dimensions: [])],
            outputs: [TensorSpecification(name: Array("y".utf8), type: .float32, dimensions: [])]
        ) { (inputs, _) throws(ExecutionError) in [try combined(inputs[0], inputs[0], +)] }
    }

    /// a + b and a - b for two FLOAT [rows, 2] of any row count.
    static var sumAndDifference: ReferenceModel {
        func specification(_ name: String) -> TensorSpecification {
            TensorSpecification(name: Array(name.utf8), type: .float32, dimensions: [nil, 2])
        }
        return ReferenceModel(
            inputs: [specification("a"), specification("b")],
            outputs: [specification("sum"), specification("difference")]
        ) { (inputs, _) throws(ExecutionError) in
            guard inputs[0].shape == inputs[1].shape else { throw .backend("Incompatible dimensions") }
            return [try combined(inputs[0], inputs[1], +), try combined(inputs[0], inputs[1], -)]
        }
    }

    /// total = count, reached one by one, for INT64 [1].
    static var counter: ReferenceModel {
        func specification(_ name: String) -> TensorSpecification {
            TensorSpecification(name: Array(name.utf8), type: .int64, dimensions: [1])
        }
        return ReferenceModel(inputs: [specification("count")], outputs: [specification("total")]) {
            (inputs, stop) throws(ExecutionError) in
            let count = inputs[0].integer
            // The thread's own, as long as it runs models of this backend.
            let interrupt = stop.interrupt as? ReferenceInterrupt ?? ReferenceInterrupt()
            try stop.run(interruptedBy: interrupt) { () throws(ExecutionError) in
                var total: Int64 = 0
                while total < count {
                    try interrupt.check()
                    total += 1
                }
            }
            return [inputs[0]]
        }
    }

    private static func combined(
        _ left: Tensor, _ right: Tensor, _ operation: (Float, Float) -> Float
    ) throws(ExecutionError) -> Tensor {
        do throws(TensorError) {
            return try Tensor(type: .float32, shape: left.shape) { (result: inout MutableSpan<UInt8>) in
                for offset in stride(from: 0, to: result.count, by: 4) {
                    let value = operation(left.float(at: offset), right.float(at: offset))
                    for index in 0..<4 {
                        result[offset + index] = UInt8(truncatingIfNeeded: value.bitPattern >> (8 * index))
                    }
                }
            }
        } catch {
            throw .outOfMemory
        }
    }
}

extension Tensor {
    /// The first INT64 element.
    fileprivate var integer: Int64 {
        withBytes { bytes in (0..<8).reduce(0) { $0 | Int64(bytes[$1]) << (8 * $1) } }
    }

    /// The FLOAT element that begins at a byte.
    fileprivate func float(at offset: Int) -> Float {
        withBytes { bytes in
            let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[offset + $1]) << (8 * $1) }
            return Float(bitPattern: bits)
        }
    }
}
