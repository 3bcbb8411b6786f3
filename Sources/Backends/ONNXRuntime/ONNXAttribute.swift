import Formats

/// An attribute of an ONNX node or function, as far as rules for operators ask for it.
struct ONNXAttribute {
    private(set) var name = ""
    /// The attribute of the function that gives the value instead; empty if the value is here.
    private(set) var reference = ""
    private(set) var real: Float = 0
    private(set) var integer: Int64 = 0
    private(set) var text: [UInt8] = []
    private(set) var integers: [Int64] = []

    /// Reads an AttributeProto; costs a step for each number of a list.
    init(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(ONNXModelScan.Refusal) {
        var reader = ONNXNode.Reader(position: range.lowerBound, end: range.upperBound)
        while let field = try reader.nextField(bytes) {
            switch field.number {
            case ONNXField.AttributeProto.name: name = bytes.text(try reader.nextRange(of: field, bytes))
            case ONNXField.AttributeProto.f where field.kind == .fixed32: real = try reader.nextReal(bytes)
            case ONNXField.AttributeProto.i where field.kind == .varint:
                integer = try reader.nextInteger(bytes)
            case ONNXField.AttributeProto.s: text = bytes.array(try reader.nextRange(of: field, bytes))
            case ONNXField.AttributeProto.ints: try reader.readIntegers(&integers, field, bytes)
            case ONNXField.AttributeProto.refAttrName:
                reference = bytes.text(try reader.nextRange(of: field, bytes))
            default: try reader.skip(field, bytes, depth: 0)
            }
        }
    }
}

extension WireReader {
    fileprivate mutating func nextReal(_ bytes: Span<UInt8>) throws(Failure) -> Float {
        let start = position
        try advance(by: 4)
        let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[start + $1]) << UInt32(8 * $1) }
        return Float(bitPattern: bits)
    }
}

extension Span<UInt8> {
    fileprivate func array(_ range: Range<Int>) -> [UInt8] { range.map { self[$0] } }
}
