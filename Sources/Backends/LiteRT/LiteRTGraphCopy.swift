import Formats

/// Writes a model again with a longer graph: see `LiteRTOutputCopies`.
struct LiteRTGraphCopy {
    /// The operators that are added, in the order of the numbers that they get.
    private static let added: [TFLiteOperator] = [.reshape, .shape, .sub, .bitcast]

    private let root: Int
    private let graph: Int
    private let findings: LiteRTFindings
    private let oldTensors: [Int]
    private let oldCodes: [Int]
    private var tensors: [FlatBufferValue] = []
    /// Those that must be done before any other can fail.
    private var measuring: [FlatBufferValue] = []
    private var copying: [FlatBufferValue] = []
    private var expected: [Int] = []
    private var differences: [Int] = []
    /// What takes the place of an output.
    private var copies: [Int: Int] = [:]
    /// Which outputs are measured.
    private(set) var measured: [Int] = []

    init(_ reader: Span<UInt8>, _ findings: LiteRTFindings) throws {
        root = try reader.root()
        graph = try reader.tables(TFLiteField.Model.subgraphs, of: root)[findings.graphIndex]
        self.findings = findings
        oldTensors = try reader.tables(TFLiteField.SubGraph.tensors, of: graph)
        oldCodes = try reader.tables(TFLiteField.Model.operatorCodes, of: root)
    }

    /// Adds the operators and tensors for all outputs that operators compute.
    mutating func copyOutputs(_ reader: Span<UInt8>) throws {
        for (place, output) in findings.graph.outputs.enumerated() {
            guard findings.graph.isComputed(output), copies[output] == nil else { continue }
            let rank = try reader.numbers(TFLiteField.Tensor.shape, of: oldTensors[output]).count
            if rank == 0 {
                try copyScalar(reader, output)
            } else {
                measured.append(place)
                try copyMeasured(reader, output, rank: rank)
            }
        }
    }

    private mutating func copyScalar(_ reader: Span<UInt8>, _ output: Int) throws {
        let shape = addNumbers([0], "shape")
        let nothing = addNumbers([0, 1], "nothing")
        let copy = try addLike(reader, output, "copy")
        measuring.append(measure(output, shape))
        measuring.append(reshape(shape, nothing, to: [0, 1]))
        copying.append(reshape(output, copy, to: [1]))
        copies[output] = copy
    }

    private mutating func copyMeasured(_ reader: Span<UInt8>, _ output: Int, rank: Int) throws {
        let numbers = [Int32(rank)]
        let shape = addNumbers(numbers, "shape")
        let flat = addNumbers(numbers, "dimensions")
        let wanted = addNumbers(numbers, "expected")
        let difference = addNumbers(numbers, "difference")
        let sized = try addLike(reader, output, "sized")
        let copy = try addLike(reader, output, "copy")
        measuring.append(measure(output, shape))
        measuring.append(reshape(shape, flat, to: numbers))
        measuring.append(operation(.sub, [flat, wanted], difference, .subOptions))
        copying.append(operation(.reshape, [output, wanted], sized, .reshapeOptions))
        copying.append(operation(.bitcast, [sized], copy, .none))
        expected.append(wanted)
        differences.append(difference)
        copies[output] = copy
    }

    /// A new tensor of INT32; returns its number.
    private mutating func addNumbers(_ shape: [Int32], _ name: String) -> Int {
        add(
            [
                TFLiteField.Tensor.shape: .list(shape.map { .number($0) }),
                TFLiteField.Tensor.type: .byte(UInt8(TFLiteElement.int32.rawValue)),
            ], name)
    }

    /// A new tensor with the type, the scales and the declared shape of an older one.
    private mutating func addLike(_ reader: Span<UInt8>, _ tensor: Int, _ name: String) throws -> Int {
        let table = oldTensors[tensor]
        var fields: [Int: FlatBufferValue] = [:]
        for field in [
            TFLiteField.Tensor.shape, TFLiteField.Tensor.quantization, TFLiteField.Tensor.shapeSignature,
        ] {
            if let older = try reader.table(field, of: table) { fields[field] = .older(older) }
        }
        if let type = try reader.field(TFLiteField.Tensor.type, of: table) {
            fields[TFLiteField.Tensor.type] = .byte(UInt8(try reader.unsigned8(at: type)))
        }
        return add(fields, name)
    }

    private mutating func add(_ fields: [Int: FlatBufferValue], _ name: String) -> Int {
        let number = oldTensors.count + tensors.count
        let own: [Int: FlatBufferValue] = [
            TFLiteField.Tensor.name: .text(Array("redisai/\(name)/\(number)".utf8)),
            TFLiteField.Tensor.hasRank: .byte(1),
        ]
        tensors.append(.table(fields.merging(own) { _, new in new }))
        return number
    }

    private func reshape(_ input: Int, _ output: Int, to shape: [Int32]) -> FlatBufferValue {
        operation(
            .reshape, [input], output, .reshapeOptions,
            [TFLiteField.ReshapeOptions.newShape: .list(shape.map { .number($0) })])
    }

    /// Gives the shape of a tensor.
    private func measure(_ tensor: Int, _ shape: Int) -> FlatBufferValue {
        operation(
            .shape, [tensor], shape, .shapeOptions,
            [TFLiteField.ShapeOptions.outType: .byte(UInt8(TFLiteElement.int32.rawValue))])
    }

    private func operation(
        _ added: TFLiteOperator, _ inputs: [Int], _ output: Int, _ kind: TFLiteOptions,
        _ options: [Int: FlatBufferValue] = [:]
    ) -> FlatBufferValue {
        let code = oldCodes.count + (Self.added.firstIndex(of: added) ?? 0)
        var fields: [Int: FlatBufferValue] = [
            TFLiteField.Operator.opcodeIndex: number(code), TFLiteField.Operator.inputs: list(inputs),
            TFLiteField.Operator.outputs: list([output]),
        ]
        if kind != .none {
            fields[TFLiteField.Operator.builtinOptionsType] = .byte(UInt8(kind.rawValue))
            fields[TFLiteField.Operator.builtinOptions] = .table(options)
        }
        return .table(fields)
    }

    private func number(_ number: Int) -> FlatBufferValue { .number(Int32(truncatingIfNeeded: number)) }

    private func list(_ numbers: [Int]) -> FlatBufferValue { .list(numbers.map { number($0) }) }

    // MARK: The new model

    /// The model's root: new where the longer graph asks for it, and else what the older one has.
    func model(_ reader: Span<UInt8>) throws -> FlatBufferValue {
        var fields: [Int: FlatBufferValue] = [:]
        if let version = try reader.field(TFLiteField.Model.version, of: root) {
            fields[TFLiteField.Model.version] = number(try reader.signed32(at: version))
        }
        let kept = [
            TFLiteField.Model.description, TFLiteField.Model.buffers, TFLiteField.Model.metadataBuffer,
            TFLiteField.Model.metadata,
        ]
        for field in kept {
            if let older = try reader.table(field, of: root) { fields[field] = .older(older) }
        }
        fields[TFLiteField.Model.operatorCodes] = .list(
            oldCodes.map { .older($0) } + Self.added.map(Self.code))
        var graphs = try reader.tables(TFLiteField.Model.subgraphs, of: root).map {
            FlatBufferValue.older($0)
        }
        graphs[findings.graphIndex] = try newGraph(reader)
        fields[TFLiteField.Model.subgraphs] = .list(graphs)
        fields[TFLiteField.Model.signatureDefs] = .list([try newSignature(reader)])
        return .table(fields)
    }

    /// Codes that came later than the older field for them stand in the newer one alone.
    private static func code(_ code: TFLiteOperator) -> FlatBufferValue {
        let older = min(code.rawValue, TFLiteOperator.placeholderForGreaterOpCodes.rawValue)
        return .table([
            TFLiteField.OperatorCode.deprecatedBuiltinCode: .byte(UInt8(older)),
            TFLiteField.OperatorCode.builtinCode: .number(Int32(code.rawValue)),
        ])
    }

    private func newGraph(_ reader: Span<UInt8>) throws -> FlatBufferValue {
        let operators = try reader.tables(TFLiteField.SubGraph.operators, of: graph).map {
            FlatBufferValue.older($0)
        }
        var fields: [Int: FlatBufferValue] = [
            TFLiteField.SubGraph.tensors: .list(oldTensors.map { .older($0) } + tensors),
            TFLiteField.SubGraph.inputs: list(findings.graph.inputs + expected),
            TFLiteField.SubGraph.outputs: list(findings.graph.outputs.map { copies[$0] ?? $0 } + differences),
            TFLiteField.SubGraph.operators: .list(operators + measuring + copying),
        ]
        if let name = try reader.table(TFLiteField.SubGraph.name, of: graph) {
            fields[TFLiteField.SubGraph.name] = .older(name)
        }
        return .table(fields)
    }

    /// The first signature, or one with the names of the tensors; the others would not fit the graph.
    private func newSignature(_ reader: Span<UInt8>) throws -> FlatBufferValue {
        let signature = try reader.tables(TFLiteField.Model.signatureDefs, of: root).first
        let inputs = try ends(reader, signature, TFLiteField.SignatureDef.inputs, findings.graph.inputs)
        let outputs = try ends(reader, signature, TFLiteField.SignatureDef.outputs, findings.graph.outputs)
        let key = try signature.flatMap { try reader.table(TFLiteField.SignatureDef.signatureKey, of: $0) }
        let added = expected.map { entry(.text(Array("redisai/expected/\($0)".utf8)), $0) }
        let told = differences.map { entry(.text(Array("redisai/difference/\($0)".utf8)), $0) }
        return .table([
            TFLiteField.SignatureDef.inputs: .list(inputs + added),
            TFLiteField.SignatureDef.outputs: .list(outputs + told),
            TFLiteField.SignatureDef.signatureKey: key.map { .older($0) }
                ?? .text(Array("serving_default".utf8)),
            TFLiteField.SignatureDef.subgraphIndex: number(findings.graphIndex),
        ])
    }

    /// The names of one side, each with the tensor that it now stands for.
    private func ends(
        _ reader: Span<UInt8>, _ signature: Int?, _ field: Int, _ tensors: [Int]
    ) throws -> [FlatBufferValue] {
        guard let signature else {
            var named: Set<Int> = []
            return try tensors.enumerated().map { place, tensor in
                guard named.insert(tensor).inserted else {
                    // Two names of a signature may stand for one tensor, but not one name for two outputs.
                    return entry(.text(Array("redisai/output/\(place)".utf8)), copies[tensor] ?? tensor)
                }
                let name = try reader.table(TFLiteField.Tensor.name, of: oldTensors[tensor])
                return entry(name.map { .older($0) } ?? .text([]), copies[tensor] ?? tensor)
            }
        }
        return try reader.tables(field, of: signature).map { table in
            let tensor = try reader.index(TFLiteField.TensorMap.tensorIndex, of: table)
            let name = try reader.table(TFLiteField.TensorMap.name, of: table)
            return entry(name.map { .older($0) } ?? .text([]), copies[tensor] ?? tensor)
        }
    }

    private func entry(_ name: FlatBufferValue, _ tensor: Int) -> FlatBufferValue {
        .table([TFLiteField.TensorMap.name: name, TFLiteField.TensorMap.tensorIndex: number(tensor)])
    }
}
