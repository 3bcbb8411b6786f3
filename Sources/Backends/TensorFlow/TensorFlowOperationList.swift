import Formats

/// The operations that a library knows, read from its own list: an OpList message.
struct TensorFlowOperationList {
    /// Each operation by its name.
    private(set) var operations: [String: TensorFlowOperation] = [:]

    init(_ bytes: Span<UInt8>) throws(TensorFlowRefusal) {
        var reader = WireReader<TensorFlowRefusal>(position: 0, end: bytes.count)
        while let field = try reader.nextField(bytes) {
            guard field.number == TensorFlowField.OpList.op else {
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
        var operation = TensorFlowOperation()
        var reader = WireReader<TensorFlowRefusal>(position: range.lowerBound, end: range.upperBound)
        while let field = try reader.nextField(bytes) {
            switch field.number {
            case TensorFlowField.OpDef.name: name = bytes.text(try reader.nextRange(of: field, bytes))
            case TensorFlowField.OpDef.inputArg:
                operation.inputs.append(try Self.count(bytes, try reader.nextRange(of: field, bytes)))
            case TensorFlowField.OpDef.outputArg:
                operation.outputs.append(try Self.count(bytes, try reader.nextRange(of: field, bytes)))
            case TensorFlowField.OpDef.attr:
                let attribute = try Self.attribute(bytes, try reader.nextRange(of: field, bytes))
                if !attribute.hasDefault { operation.requiredAttributes.append(attribute.name) }
            default: try reader.skip(field, bytes, depth: 0)
            }
        }
        operations[name] = operation
    }

    /// Reads an ArgDef message.
    private static func count(
        _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(TensorFlowRefusal) -> TensorFlowOperation.Count {
        var count = TensorFlowOperation.Count.one
        var reader = WireReader<TensorFlowRefusal>(position: range.lowerBound, end: range.upperBound)
        while let field = try reader.nextField(bytes) {
            switch field.number {
            case TensorFlowField.ArgDef.numberAttr:
                count = .number(bytes.text(try reader.nextRange(of: field, bytes)))
            case TensorFlowField.ArgDef.typeListAttr:
                count = .types(bytes.text(try reader.nextRange(of: field, bytes)))
            default: try reader.skip(field, bytes, depth: 0)
            }
        }
        return count
    }

    private static func attribute(
        _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(TensorFlowRefusal) -> (name: String, hasDefault: Bool) {
        var attribute = (name: "", hasDefault: false)
        var reader = WireReader<TensorFlowRefusal>(position: range.lowerBound, end: range.upperBound)
        while let field = try reader.nextField(bytes) {
            switch field.number {
            case TensorFlowField.AttrDef.name:
                attribute.name = bytes.text(try reader.nextRange(of: field, bytes))
            case TensorFlowField.AttrDef.defaultValue:
                attribute.hasDefault = true
                try reader.skip(field, bytes, depth: 0)
            default: try reader.skip(field, bytes, depth: 0)
            }
        }
        return attribute
    }
}
