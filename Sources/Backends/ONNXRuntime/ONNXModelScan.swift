/// Reads a model in ONNX's own encoding far enough to know that it keeps all its weights inside.
///
/// A model may name files from which a runtime then reads weights; from a client that would be any file
/// that the server can read. Such a tensor can hide in initializers, in attributes of nodes, in sparse
/// tensors, in nested graphs, in functions and in what is for training only. Bytes that this scan cannot
/// read to their end are refused as well, so that nothing can hide behind what another reader would take
/// differently. Weights themselves are skipped: a model of any size takes about as long as its nodes do.
struct ONNXModelScan {
    /// Why a model is refused.
    enum Refusal: Error, Equatable {
        /// A tensor's bytes are to come from a file.
        case externalData
        /// It is in ONNX Runtime's own format.
        case runtimeFormat
        /// It is not a message of the format, or nested deeper than a reader follows.
        case malformed
        /// Longer than a reader takes.
        case tooLarge
    }

    /// Bytes of all tensors in the model, as they are stored there.
    private(set) var weightByteCount = 0

    /// The format's readers count lengths in 32 bits with a sign.
    static let maximumByteCount = Int(Int32.max)
    /// The depth at which the usual readers stop.
    static let maximumDepth = 100

    /// Reads the model; costs a step per field outside of weights.
    init(_ bytes: Span<UInt8>) throws(Refusal) {
        guard bytes.count <= Self.maximumByteCount else { throw .tooLarge }
        guard !Self.isRuntimeFormat(bytes) else { throw .runtimeFormat }
        try readMessage(.model, bytes, 0..<bytes.count, depth: 0)
    }

    /// Whether a small offset and the mark of the runtime's own format come first.
    private static func isRuntimeFormat(_ bytes: Span<UInt8>) -> Bool {
        guard bytes.count >= 8, bytes[2] == 0, bytes[3] == 0 else { return false }
        return bytes[4] == UInt8(ascii: "O") && bytes[5] == UInt8(ascii: "R")
            && bytes[6] == UInt8(ascii: "T") && bytes[7] == UInt8(ascii: "M")
    }

    private mutating func readMessage(
        _ message: ONNXMessage, _ bytes: Span<UInt8>, _ range: Range<Int>, depth: Int
    ) throws(Refusal) {
        guard depth <= Self.maximumDepth else { throw .malformed }
        var reader = WireReader(position: range.lowerBound, end: range.upperBound)
        while let field = try reader.nextField(bytes) {
            switch message.content(of: field.number) {
            case .ignored:
                try skip(field, &reader, bytes, depth: depth)
            case .message(let child):
                // A writer gives a message by its length; whoever gives it otherwise hides something.
                guard field.kind == .lengthDelimited else { throw .malformed }
                try readMessage(child, bytes, try reader.nextRange(bytes), depth: depth + 1)
            case .weights:
                let start = reader.position
                try skip(field, &reader, bytes, depth: depth)
                weightByteCount += reader.position - start
            case .location:
                // The last value counts for a reader, but only a zero is harmless in all of them.
                guard field.kind == .varint, try reader.nextVarint(bytes).isZero else { throw .externalData }
            case .file:
                throw .externalData
            }
        }
    }

    private func skip(
        _ field: WireReader.Field, _ reader: inout WireReader, _ bytes: Span<UInt8>, depth: Int
    ) throws(Refusal) {
        switch field.kind {
        case .varint: _ = try reader.nextVarint(bytes)
        case .fixed64: try reader.advance(by: 8)
        case .fixed32: try reader.advance(by: 4)
        case .lengthDelimited: _ = try reader.nextRange(bytes)
        case .groupStart: try skipGroup(field.number, &reader, bytes, depth: depth + 1)
        case .groupEnd: throw .malformed
        }
    }

    /// Skips to the end of an unknown field that is written as a group.
    private func skipGroup(
        _ number: UInt32, _ reader: inout WireReader, _ bytes: Span<UInt8>, depth: Int
    ) throws(Refusal) {
        guard depth <= Self.maximumDepth else { throw .malformed }
        while let field = try reader.nextField(bytes) {
            guard field.kind == .groupEnd else {
                try skip(field, &reader, bytes, depth: depth)
                continue
            }
            guard field.number == number else { throw .malformed }
            return
        }
        throw .malformed
    }
}
