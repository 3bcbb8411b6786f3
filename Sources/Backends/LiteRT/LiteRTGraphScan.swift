import Formats

/// Reads one graph of a model: whatever an operator or the caller reads must have come from somewhere.
struct LiteRTGraphScan {
    typealias Refusal = LiteRTModelScan.Refusal

    /// The numbers of the tensors that come in and go out.
    let inputs: [Int]
    private let inputNumbers: Set<Int>
    let outputs: [Int]
    /// The numbers of the graphs that operators use.
    private(set) var usedGraphs: [Int] = []
    /// Whether the shapes of all tensors follow from those of the inputs, before anything runs.
    private(set) var areShapesKnown = true
    private let tensors: [LiteRTTensorScan]
    private let graphCount: Int

    /// - Throws: why the graph is refused.
    init(
        _ reader: Span<UInt8>, _ graph: Int, _ contents: LiteRTContents, graphCount: Int
    ) throws {
        var tensors: [LiteRTTensorScan] = []
        for table in try reader.tables(TFLiteField.SubGraph.tensors, of: graph) {
            tensors.append(try LiteRTTensorScan(reader, table, contents))
        }
        self.tensors = tensors
        self.graphCount = graphCount
        inputs = try reader.numbers(TFLiteField.SubGraph.inputs, of: graph)
        inputNumbers = Set(inputs)
        outputs = try reader.numbers(TFLiteField.SubGraph.outputs, of: graph)
        var known = try Self.known(at: inputs, tensors)
        for table in try reader.tables(TFLiteField.SubGraph.operators, of: graph) {
            try check(reader, table, contents, &known)
        }
        for output in outputs {
            guard tensors.indices.contains(output), known[output] else {
                throw Refusal.malformed("nothing computes an output")
            }
        }
    }

    /// Which tensors have a value before the first operator: the inputs and the weights.
    private static func known(at inputs: [Int], _ tensors: [LiteRTTensorScan]) throws -> [Bool] {
        var known = tensors.map(\.isConstant)
        for input in inputs {
            guard tensors.indices.contains(input), !known[input] else {
                throw Refusal.malformed("an input is not there, there twice, or a weight")
            }
            known[input] = true
        }
        return known
    }

    /// Checks an operator, and notes what it computes.
    private mutating func check(
        _ reader: Span<UInt8>, _ table: Int, _ contents: LiteRTContents, _ known: inout [Bool]
    ) throws {
        let place = try reader.index(TFLiteField.Operator.opcodeIndex, of: table)
        guard contents.operators.indices.contains(place) else {
            throw Refusal.malformed("an operator is not there")
        }
        let code = TFLiteOperator(rawValue: contents.operators[place])
        let taken = try reader.numbers(TFLiteField.Operator.inputs, of: table)
        for (index, tensor) in taken.enumerated() {
            // The optional inputs of nearly all operators come behind those that they need.
            if tensor == -1, index >= 2 || code?.hasManyOptionalInputs == true { continue }
            guard tensors.indices.contains(tensor), known[tensor] else {
                throw Refusal.malformed("nothing computes an input of an operator")
            }
        }
        let given = try reader.numbers(TFLiteField.Operator.outputs, of: table)
        for tensor in given {
            guard tensors.indices.contains(tensor), !known[tensor] else {
                throw Refusal.malformed("an output of an operator is not there, or there twice")
            }
            known[tensor] = true
        }
        let all = (taken + given).filter { $0 >= 0 }.map { tensors[$0] }
        if code?.comparesScales == true { try LiteRTTensorScan.checkScales(all) }
        guard code?.keepsType != true || Set(all.map(\.type)).count <= 1 else {
            throw Refusal.malformed("an operator mixes types")
        }
        if let code {
            try checkOptions(reader, table, code, inputCount: taken.count, outputCount: given.count)
        }
        let offset =
            try reader.field(TFLiteField.Operator.largeCustomOptionsOffset, of: table).map {
                try reader.unsigned64(at: $0)
            } ?? 0
        guard offset == 0 else { throw Refusal.unsupported("an operator with large options") }
        if let fields = code?.graphFields { try noteGraphs(reader, table, fields) }
        let isKnown = LiteRTShapeRule.isShapeKnown(
            code, areWeights: taken.map { $0 < 0 || tensors[$0].isConstant },
            types: all.map(\.type))
        if !isKnown { areShapesKnown = false }
    }

    /// Whether an operator gives this tensor.
    func isComputed(_ tensor: Int) -> Bool { !tensors[tensor].isConstant && !inputNumbers.contains(tensor) }

    private func checkOptions(
        _ reader: Span<UInt8>, _ table: Int, _ code: TFLiteOperator, inputCount: Int, outputCount: Int
    ) throws {
        if let (kind, field, isOfInputs) = code.countField {
            let said = try numbers(reader, table, kind, [field])
            guard said == [isOfInputs ? inputCount : outputCount] else {
                throw Refusal.malformed("an operator has another number of tensors than it says")
            }
        }
        if let (kind, fields) = code.divisorFields {
            guard try numbers(reader, table, kind, fields).allSatisfy({ $0 > 0 }) else {
                throw Refusal.malformed("an operator would divide by zero")
            }
        }
    }

    /// The fields of an operator's options, 0 where there is none; none at all if it has other options.
    private func numbers(
        _ reader: Span<UInt8>, _ table: Int, _ kind: TFLiteOptions, _ fields: [Int]
    ) throws -> [Int] {
        let place = try reader.field(TFLiteField.Operator.builtinOptionsType, of: table)
        let found = try place.map { try reader.unsigned8(at: $0) } ?? 0
        guard found == kind.rawValue,
            let options = try reader.table(TFLiteField.Operator.builtinOptions, of: table)
        else {
            throw Refusal.malformed("an operator lacks its options")
        }
        var numbers: [Int] = []
        for field in fields {
            numbers.append(try reader.field(field, of: options).map { try reader.signed32(at: $0) } ?? 0)
        }
        return numbers
    }

    private mutating func noteGraphs(
        _ reader: Span<UInt8>, _ table: Int, _ fields: TFLiteOperator.GraphFields
    ) throws {
        let kind = try reader.field(fields.kindField, of: table).map { try reader.unsigned8(at: $0) } ?? 0
        guard kind == fields.kind, let options = try reader.table(fields.optionsField, of: table) else {
            throw Refusal.malformed("an operator does not say which graphs it uses")
        }
        for field in fields.fields {
            let graphs =
                fields.isList
                ? try reader.numbers(field, of: options)
                : [try reader.field(field, of: options).map { try reader.signed32(at: $0) } ?? 0]
            guard graphs.allSatisfy({ (0..<graphCount).contains($0) }) else {
                throw Refusal.malformed("an operator uses a graph that is not there")
            }
            usedGraphs += graphs
            guard usedGraphs.count <= LiteRTModelScan.maximumUses else {
                throw Refusal.malformed("graphs use too many others")
            }
        }
    }

    /// Refuses tensors that cannot be told apart by their names.
    func checkNames() throws {
        for ends in [inputs, outputs] {
            let different = Set(ends)
            guard Set(different.map { tensors[$0].name }).count == different.count else {
                throw Refusal.malformed("inputs or outputs have the same name")
            }
        }
    }
}
