import Formats

/// Makes a model tell the shapes of its outputs, where they are known only during a run.
///
/// The runtime writes outputs into memory that it is given before a run. Some tensors get their size only
/// while it runs, for example behind a RESHAPE by a shape that is computed; their own memory cannot be
/// reached, and whether what follows them fits into the memory that it is given is checked in some graphs
/// and not in others (2.3.0). So the graph gets more operators at its end. For each output `T`:
///
///     difference = RESHAPE(SHAPE(T), [rank]) - expected    an output more, of as many numbers as dimensions
///     copy       = BITCAST(RESHAPE(T, expected))           takes the place of the output
///
/// `expected` is an input more. A RESHAPE fails if it would change the number of elements, so the copy is as
/// large as expected or there is none; and the difference, which comes first, says what would be right.
/// A scalar has but one size: it is copied by RESHAPE(T, [1]), behind another one that fails unless the
/// rank is 0.
struct LiteRTOutputCopies {
    typealias Refusal = LiteRTModelScan.Refusal

    /// What comes before the model's bytes to make another model of them.
    let front: [UInt8]
    /// Which outputs are measured: for each, one more input and one more output in the same order.
    let measured: [Int]

    /// - Returns: nil if all shapes are known before a run.
    /// - Throws: that the model needs it but is not made for it.
    init?(_ bytes: Span<UInt8>, _ findings: LiteRTFindings) throws(Refusal) {
        guard !findings.graph.areShapesKnown else { return nil }
        guard !findings.isGraphUsed else {
            throw .unsupported("an output whose shape depends on values in a graph that others use")
        }
        guard !findings.hasWeightsBehind else {
            throw .unsupported("an output whose shape depends on values beside weights behind the model")
        }
        do {
            var graph = try LiteRTGraphCopy(bytes, findings)
            try graph.copyOutputs(bytes)
            measured = graph.measured
            front = try FlatBufferFront(
                graph.model(bytes), mark: Array("TFL3".utf8), olderCount: bytes.count,
                limit: LiteRTModelScan.maximumByteCount
            ).bytes
        } catch {
            throw .unsupported("a model that becomes too large")
        }
    }
}
