import Formats

/// A graph as far as it has to be known to judge it: names, operations and what is connected.
struct TensorFlowGraph {
    struct Node {
        var name = ""
        /// Of the runtime, or a function of the graph.
        var operation = ""
        /// `node`, `node:output`, `node:name:index` or `^node`.
        var inputs: [String] = []
        /// The functions that attributes name.
        var functions: [String] = []
        fileprivate(set) var attributes: Set<String> = []
        /// Of the attribute `dtype`, and of the tensor in `value`; 0 if there is none.
        fileprivate(set) var declaredType: UInt64 = 0
        fileprivate(set) var valueType: UInt64 = 0
        /// The numbers of that tensor, if it is a short one of whole numbers.
        fileprivate(set) var values: [Int64] = []
        /// Whole numbers and lists of them by the attributes' names, and how many types one lists.
        fileprivate(set) var integers: [String: Int64] = [:]
        fileprivate(set) var lists: [String: [Int64]] = [:]
        fileprivate(set) var typeCounts: [String: Int64] = [:]
        /// The attributes whose value is that of an attribute of the function.
        fileprivate(set) var placeholders: Set<String> = []
        /// An attribute with a tensor whose shape is none, or far larger than what is given for it.
        fileprivate(set) var wrongTensor: String?
    }

    struct Function {
        var name = ""
        var parameters: [String] = []
        /// Whether one of them may stand for several inputs of a call.
        var hasLists = false
        var nodes: [Node] = []
    }

    private(set) var nodes: [Node] = []
    private(set) var functions: [Function] = []
    /// The functions that the library names as those that compute gradients, and what for.
    private(set) var gradients: [String] = []

    typealias Reader = WireReader<TensorFlowRefusal>

    init() {}

    /// Adds what a GraphDef message holds: a message in several parts is one.
    mutating func read(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(TensorFlowRefusal) {
        var reader = Reader(position: range.lowerBound, end: range.upperBound)
        while let field = try reader.nextField(bytes) {
            switch field.number {
            case TensorFlowField.GraphDef.node:
                nodes.append(try Self.node(bytes, try reader.nextRange(of: field, bytes)))
            case TensorFlowField.GraphDef.library:
                try readLibrary(bytes, try reader.nextRange(of: field, bytes))
            default: try reader.skip(field, bytes, depth: 0)
            }
        }
    }

    private mutating func readLibrary(
        _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(TensorFlowRefusal) {
        var reader = Reader(position: range.lowerBound, end: range.upperBound)
        while let field = try reader.nextField(bytes) {
            switch field.number {
            case TensorFlowField.FunctionDefLibrary.function:
                functions.append(try Self.function(bytes, try reader.nextRange(of: field, bytes)))
            case TensorFlowField.FunctionDefLibrary.gradient:
                try readNames(Self.gradientFields, bytes, try reader.nextRange(of: field, bytes))
            case TensorFlowField.FunctionDefLibrary.registeredGradients:
                try readNames(Self.registeredFields, bytes, try reader.nextRange(of: field, bytes))
            default: try reader.skip(field, bytes, depth: 0)
            }
        }
    }

    /// What the library's gradients name: functions, and what these are for.
    private static let gradientFields = [
        TensorFlowField.GradientDef.functionName, TensorFlowField.GradientDef.gradientFunc,
    ]
    private static let registeredFields = [
        TensorFlowField.RegisteredGradient.gradientFunc, TensorFlowField.RegisteredGradient.registeredOpType,
    ]

    private mutating func readNames(
        _ fields: [UInt32], _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(TensorFlowRefusal) {
        var reader = Reader(position: range.lowerBound, end: range.upperBound)
        while let field = try reader.nextField(bytes) {
            guard fields.contains(field.number) else {
                try reader.skip(field, bytes, depth: 0)
                continue
            }
            gradients.append(bytes.text(try reader.nextRange(of: field, bytes)))
        }
    }

    private static func function(
        _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(TensorFlowRefusal) -> Function {
        var function = Function()
        var hasSignature = false
        var reader = Reader(position: range.lowerBound, end: range.upperBound)
        while let field = try reader.nextField(bytes) {
            switch field.number {
            case TensorFlowField.FunctionDef.signature:
                guard !hasSignature else { throw .malformed }
                hasSignature = true
                try readSignature(&function, bytes, try reader.nextRange(of: field, bytes))
            case TensorFlowField.FunctionDef.nodeDef:
                function.nodes.append(try node(bytes, try reader.nextRange(of: field, bytes)))
            default: try reader.skip(field, bytes, depth: 0)
            }
        }
        guard !function.name.isEmpty else { throw .malformed }
        return function
    }

    private static func readSignature(
        _ function: inout Function, _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(TensorFlowRefusal) {
        var reader = Reader(position: range.lowerBound, end: range.upperBound)
        while let field = try reader.nextField(bytes) {
            switch field.number {
            case TensorFlowField.OpDef.name: try reader.readOnce(&function.name, field, bytes)
            case TensorFlowField.OpDef.inputArg:
                try readParameter(&function, bytes, try reader.nextRange(of: field, bytes))
            default: try reader.skip(field, bytes, depth: 0)
            }
        }
    }

    private static func readParameter(
        _ function: inout Function, _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(TensorFlowRefusal) {
        var name = ""
        var reader = Reader(position: range.lowerBound, end: range.upperBound)
        while let field = try reader.nextField(bytes) {
            switch field.number {
            case TensorFlowField.ArgDef.name: try reader.readOnce(&name, field, bytes)
            // Attributes that say how many, or which, tensors it is.
            case TensorFlowField.ArgDef.numberAttr, TensorFlowField.ArgDef.typeListAttr:
                function.hasLists = true
                try reader.skip(field, bytes, depth: 0)
            default: try reader.skip(field, bytes, depth: 0)
            }
        }
        function.parameters.append(name)
    }

    /// The text that a message has once, in a field of this number.
    static func text(
        _ number: UInt32, _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(TensorFlowRefusal) -> String {
        var text = ""
        var reader = Reader(position: range.lowerBound, end: range.upperBound)
        while let field = try reader.nextField(bytes) {
            guard field.number == number else {
                try reader.skip(field, bytes, depth: 0)
                continue
            }
            try reader.readOnce(&text, field, bytes)
        }
        return text
    }

    private static func node(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(TensorFlowRefusal) -> Node {
        var node = Node()
        var reader = Reader(position: range.lowerBound, end: range.upperBound)
        while let field = try reader.nextField(bytes) {
            switch field.number {
            case TensorFlowField.NodeDef.name: try reader.readOnce(&node.name, field, bytes)
            case TensorFlowField.NodeDef.op: try reader.readOnce(&node.operation, field, bytes)
            case TensorFlowField.NodeDef.input:
                node.inputs.append(bytes.text(try reader.nextRange(of: field, bytes)))
            case TensorFlowField.NodeDef.attr:
                try node.readAttribute(bytes, try reader.nextRange(of: field, bytes))
            default: try reader.skip(field, bytes, depth: 0)
            }
        }
        guard !node.name.isEmpty, !node.operation.isEmpty else { throw .malformed }
        return node
    }
}

extension TensorFlowGraph.Node {
    private typealias Reader = TensorFlowGraph.Reader

    fileprivate mutating func readAttribute(
        _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(TensorFlowRefusal) {
        var name = ""
        var value: Range<Int>?
        var reader = Reader(position: range.lowerBound, end: range.upperBound)
        while let field = try reader.nextField(bytes) {
            switch field.number {
            case WireMapEntry.key: try reader.readOnce(&name, field, bytes)
            case WireMapEntry.value:
                guard value == nil else { throw .malformed }
                value = try reader.nextRange(of: field, bytes)
            default: try reader.skip(field, bytes, depth: 0)
            }
        }
        // An attribute that is given twice would be another one for another reader.
        guard attributes.insert(name).inserted else { throw .malformed }
        if let value { try readValue(of: name, bytes, value, depth: 1) }
    }

    /// Fields of an attribute's value, of which it has one.
    private static let values = TensorFlowField.AttrValue.list...TensorFlowField.AttrValue.func

    private mutating func readValue(
        of name: String, _ bytes: Span<UInt8>, _ range: Range<Int>, depth: Int
    ) throws(TensorFlowRefusal) {
        guard depth <= Reader.maximumDepth else { throw .malformed }
        var hasValue = false
        var reader = Reader(position: range.lowerBound, end: range.upperBound)
        while let field = try reader.nextField(bytes) {
            if Self.values.contains(field.number) {
                // Of two values a reader takes the last, or makes one of both.
                guard !hasValue else { throw .malformed }
                hasValue = true
            }
            switch field.number {
            case TensorFlowField.AttrValue.list:
                try readList(of: name, bytes, try reader.nextRange(of: field, bytes), depth: depth + 1)
            case TensorFlowField.AttrValue.i where field.kind == .varint:
                integers[name] = try reader.nextInteger(bytes)
            case TensorFlowField.AttrValue.placeholder:
                _ = try reader.nextRange(of: field, bytes)
                placeholders.insert(name)
            case TensorFlowField.AttrValue.type where field.kind == .varint && name == "dtype":
                declaredType = try reader.nextVarint(bytes).value
            case TensorFlowField.AttrValue.tensor:
                let range = try reader.nextRange(of: field, bytes)
                let tensor = try TensorFlowConstant(bytes, range)
                if name == "value" { (valueType, values) = (tensor.type, tensor.integers) }
                if !tensor.isValid { wrongTensor = name }
            case TensorFlowField.AttrValue.func:
                try readFunction(bytes, try reader.nextRange(of: field, bytes), depth: depth + 1)
            default: try reader.skip(field, bytes, depth: depth)
            }
        }
    }

    private mutating func readList(
        of name: String, _ bytes: Span<UInt8>, _ range: Range<Int>, depth: Int
    ) throws(TensorFlowRefusal) {
        var numbers: [Int64] = [], types: [Int64] = []
        var reader = Reader(position: range.lowerBound, end: range.upperBound)
        while let field = try reader.nextField(bytes) {
            switch field.number {
            case TensorFlowField.ListValue.i: try reader.readIntegers(&numbers, field, bytes)
            case TensorFlowField.ListValue.type: try reader.readIntegers(&types, field, bytes)
            case TensorFlowField.ListValue.func:
                try readFunction(bytes, try reader.nextRange(of: field, bytes), depth: depth + 1)
            default: try reader.skip(field, bytes, depth: depth)
            }
        }
        lists[name, default: []] += numbers
        typeCounts[name, default: 0] += Int64(types.count)
    }

    /// A function by its name, with attributes that may name further ones.
    private mutating func readFunction(
        _ bytes: Span<UInt8>, _ range: Range<Int>, depth: Int
    ) throws(TensorFlowRefusal) {
        var name = ""
        var reader = Reader(position: range.lowerBound, end: range.upperBound)
        while let field = try reader.nextField(bytes) {
            switch field.number {
            case TensorFlowField.NameAttrList.name: try reader.readOnce(&name, field, bytes)
            case TensorFlowField.NameAttrList.attr:
                let entry = try reader.nextRange(of: field, bytes)
                var inner = Reader(position: entry.lowerBound, end: entry.upperBound)
                while let field = try inner.nextField(bytes) {
                    guard field.number == WireMapEntry.value else {
                        try inner.skip(field, bytes, depth: depth)
                        continue
                    }
                    try readValue(of: "", bytes, try inner.nextRange(of: field, bytes), depth: depth + 1)
                }
            default: try reader.skip(field, bytes, depth: depth)
            }
        }
        functions.append(name)
    }
}

extension WireReader<TensorFlowRefusal> {
    /// Reads a text that a message has once: given twice it could be another one for another reader.
    mutating func readOnce(
        _ text: inout String, _ field: WireField, _ bytes: Span<UInt8>
    ) throws(TensorFlowRefusal) {
        guard text.isEmpty else { throw .malformed }
        text = bytes.text(try nextRange(of: field, bytes))
    }
}
