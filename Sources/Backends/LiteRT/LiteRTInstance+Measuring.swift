import Execution
import Tensors

/// Runs of models whose outputs tell their shapes: see `LiteRTOutputCopies`.
extension LiteRTInstance {
    /// How often a run is tried beside once for each output. Nearly always the second run has what it needs:
    /// a run that fails may not have come to all outputs, and shapes may be others in each run.
    private static let maximumTryCount = 3
    /// What a difference holds that the runtime has not written: dimensions lie closer together.
    private static let notWritten = Int32.min

    /// Runs with the shapes that outputs are expected to have, and again if they have others.
    func runMeasured(_ inputs: [Tensor], _ interrupt: LiteRTInterrupt?) throws(ExecutionError) -> [Tensor?] {
        let declared = model.measured.map { model.outputs[$0] }
        let inputShapes = inputs.map(\.shape)
        var shapes = memory.guess(for: inputShapes, declared)
        for _ in 0..<Self.maximumTryCount + shapes.count {
            try makeReady(for: inputs)
            let copies = try makeCopies(shapes)
            let outputs = try makeOutputs(inputs, measured: copies)
            var expected: [Tensor] = []
            var differences: [Tensor] = []
            for shape in shapes {
                let numbers = shape.dimensions.map { Int32(truncatingIfNeeded: $0) }
                expected.append(try Self.tensor(numbers))
                differences.append(try Self.tensor(numbers.map { _ in Self.notWritten }))
            }
            let hasRun = try execute(inputs + expected, outputs + differences, interrupt)
            let found = try trueShapes(shapes, differences)
            if hasRun {
                let found = found.compactMap(\.self)
                guard found.count == shapes.count else { throw LiteRTFailure.invoke.error() }
                memory.remember(inputShapes, found)
                return try cut(outputs, found)
            }
            let next = zip(found, shapes).map { $0 ?? $1 }
            let reason = failure(.invoke)
            // All that is known is as expected, so this is not why the run has failed.
            guard next != shapes else { throw reason }
            shapes = next
        }
        throw LiteRTFailure.invoke.error("an output has another shape in each run")
    }

    /// Memory for the copies.
    ///
    /// Before a run the runtime asks for as much as the copies took in the last one.
    private func makeCopies(_ shapes: [TensorShape]) throws(ExecutionError) -> [Tensor] {
        let counts = try presentElementCounts()
        var copies: [Tensor] = []
        for (place, output) in model.measured.enumerated() {
            guard let type = model.outputs[output].type else { throw LiteRTFailure.invoke.error() }
            do throws(TensorError) {
                let isEnough = shapes[place].elementCount >= counts[output]
                let shape = isEnough ? shapes[place] : try TensorShape([counts[output]])
                // Only what a run that succeeds has written is passed on.
                copies.append(try Tensor(type: type, shape: shape) { _ in })
            } catch {
                throw .outOfMemory
            }
        }
        return copies
    }

    /// The shapes that the outputs have; nil for one to which the runtime has not come.
    private func trueShapes(
        _ expected: [TensorShape], _ differences: [Tensor]
    ) throws(ExecutionError) -> [TensorShape?] {
        var shapes: [TensorShape?] = []
        for place in expected.indices {
            let numbers = Self.numbers(differences[place])
            guard !numbers.contains(Self.notWritten) else {
                shapes.append(nil)
                continue
            }
            let dimensions = numbers.enumerated().map { expected[place][$0] + Int($1) }
            let name = String(decoding: model.outputs[model.measured[place]].name, as: UTF8.self)
            guard dimensions.allSatisfy({ $0 > 0 }) else {
                throw LiteRTFailure.invoke.error("output '\(name)' has no elements, which LiteRT cannot give")
            }
            do throws(TensorError) {
                shapes.append(try TensorShape(dimensions))
            } catch {
                throw .outOfMemory
            }
        }
        return shapes
    }

    /// The outputs with their true shapes, which have as many elements as the expected ones.
    private func cut(_ outputs: [Tensor], _ shapes: [TensorShape]) throws(ExecutionError) -> [Tensor] {
        var outputs = outputs
        for (place, index) in model.measured.enumerated() where outputs[index].shape != shapes[place] {
            let whole = outputs[index]
            do throws(TensorError) {
                outputs[index] = try Tensor(type: whole.type, shape: shapes[place]) { target in
                    let count = target.count
                    whole.withBytes { target.copy(from: $0.extracting(..<count)) }
                }
            } catch {
                throw .outOfMemory
            }
        }
        for index in outputs.indices {
            guard case .output(let earlier) = model.signature.sources[index] else { continue }
            outputs[index] = outputs[earlier]
        }
        return outputs
    }

    private static func tensor(_ numbers: [Int32]) throws(ExecutionError) -> Tensor {
        do throws(TensorError) {
            return try Tensor(type: .int32, shape: TensorShape([numbers.count])) { target in
                for (index, number) in numbers.enumerated() {
                    for byte in 0..<4 {
                        target[4 * index + byte] = UInt8(truncatingIfNeeded: number >> (8 * Int32(byte)))
                    }
                }
            }
        } catch {
            throw .outOfMemory
        }
    }

    private static func numbers(_ tensor: Tensor) -> [Int32] {
        tensor.withBytes { bytes in
            stride(from: 0, to: bytes.count - 3, by: 4).map { start in
                (0..<4).reduce(0) { $0 | Int32(bytes[start + $1]) << (8 * Int32($1)) }
            }
        }
    }
}
