/// The operations that a library knows, read from its own list: an OpList message.
struct TensorFlowOperationList {
    /// The attributes without a default value of each operation, by its name.
    private(set) var attributes: [String: [String]] = [:]

    init(_ bytes: Span<UInt8>) throws(TensorFlowRefusal) {
        var reader = WireReader<TensorFlowRefusal>(position: 0, end: bytes.count)
        while let field = try reader.nextField(bytes) {
            guard field.number == 1 else {
                try reader.skip(field, bytes, depth: 0)
                continue
            }
            try readOperation(bytes, try reader.nextRange(of: field, bytes))
        }
    }

    private mutating func readOperation(
        _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(TensorFlowRefusal) {
        var name = ""
        var required: [String] = []
        var reader = WireReader<TensorFlowRefusal>(position: range.lowerBound, end: range.upperBound)
        while let field = try reader.nextField(bytes) {
            switch field.number {
            case 1: name = bytes.text(try reader.nextRange(of: field, bytes))
            case 4:
                let attribute = try Self.attribute(bytes, try reader.nextRange(of: field, bytes))
                if !attribute.hasDefault { required.append(attribute.name) }
            default: try reader.skip(field, bytes, depth: 0)
            }
        }
        attributes[name] = required
    }

    private static func attribute(
        _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(TensorFlowRefusal) -> (name: String, hasDefault: Bool) {
        var attribute = (name: "", hasDefault: false)
        var reader = WireReader<TensorFlowRefusal>(position: range.lowerBound, end: range.upperBound)
        while let field = try reader.nextField(bytes) {
            switch field.number {
            case 1: attribute.name = bytes.text(try reader.nextRange(of: field, bytes))
            case 3:
                attribute.hasDefault = true
                try reader.skip(field, bytes, depth: 0)
            default: try reader.skip(field, bytes, depth: 0)
            }
        }
        return attribute
    }
}

extension Span<UInt8> {
    /// The text in a range of the bytes.
    func text(_ range: Range<Int>) -> String {
        String(decoding: range.map { self[$0] }, as: UTF8.self)
    }
}
