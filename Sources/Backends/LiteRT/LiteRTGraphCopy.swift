/// Writes a model again with a longer graph: see `LiteRTOutputCopies`.
struct LiteRTGraphCopy {
    /// The operators that are added, in the order of the numbers that they get.
    private enum Added: Int32, CaseIterable {
        case reshape = 22
        case shape = 77
        case subtract = 41
        case bitcast = 159
    }

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
        graph = try reader.tables(2, of: root)[findings.graphIndex]
        self.findings = findings
        oldTensors = try reader.tables(0, of: graph)
        oldCodes = try reader.tables(1, of: root)
    }

    /// Adds the operators and tensors for all outputs that operators compute.
    mutating func copyOutputs(_ reader: Span<UInt8>) throws {
        for (place, output) in findings.graph.outputs.enumerated() {
            guard findings.graph.isComputed(output), copies[output] == nil else { continue }
            let rank = try reader.numbers(0, of: oldTensors[output]).count
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
        measuring.append(operation(.shape, [output], shape, kind: 55, [0: .byte(2)]))
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
        measuring.append(operation(.shape, [output], shape, kind: 55, [0: .byte(2)]))
        measuring.append(reshape(shape, flat, to: numbers))
        measuring.append(operation(.subtract, [flat, wanted], difference, kind: 28, [:]))
        copying.append(operation(.reshape, [output, wanted], sized, kind: 17, [:]))
        copying.append(operation(.bitcast, [sized], copy, kind: 0, [:]))
        expected.append(wanted)
        differences.append(difference)
        copies[output] = copy
    }

    /// A new tensor of INT32; returns its number.
    private mutating func addNumbers(_ shape: [Int32], _ name: String) -> Int {
        add([0: .list(shape.map { .number($0) }), 1: .byte(2)], name)
    }

    /// A new tensor with the type, the scales and the declared shape of an older one.
    private mutating func addLike(_ reader: Span<UInt8>, _ tensor: Int, _ name: String) throws -> Int {
        let table = oldTensors[tensor]
        var fields: [Int: FlatBufferValue] = [:]
        for field in [0, 4, 7] {
            if let older = try reader.table(field, of: table) { fields[field] = .older(older) }
        }
        if let type = try reader.field(1, of: table) {
            fields[1] = .byte(UInt8(try reader.unsigned8(at: type)))
        }
        return add(fields, name)
    }

    private mutating func add(_ fields: [Int: FlatBufferValue], _ name: String) -> Int {
        let number = oldTensors.count + tensors.count
        let own: [Int: FlatBufferValue] = [3: .text(Array("redisai/\(name)/\(number)".utf8)), 8: .byte(1)]
        tensors.append(.table(fields.merging(own) { _, new in new }))
        return number
    }

    private func reshape(_ input: Int, _ output: Int, to shape: [Int32]) -> FlatBufferValue {
        operation(.reshape, [input], output, kind: 17, [0: .list(shape.map { .number($0) })])
    }

    /// - Parameter kind: the schema's number for the kind of the options; 0 for none.
    private func operation(
        _ added: Added, _ inputs: [Int], _ output: Int, kind: UInt8, _ options: [Int: FlatBufferValue]
    ) -> FlatBufferValue {
        let code = oldCodes.count + (Added.allCases.firstIndex(of: added) ?? 0)
        var fields: [Int: FlatBufferValue] = [0: number(code), 1: list(inputs), 2: list([output])]
        if kind != 0 {
            fields[3] = .byte(kind)
            fields[4] = .table(options)
        }
        return .table(fields)
    }

    private func number(_ number: Int) -> FlatBufferValue { .number(Int32(truncatingIfNeeded: number)) }

    private func list(_ numbers: [Int]) -> FlatBufferValue { .list(numbers.map { number($0) }) }

    // MARK: The new model

    /// The model's root: new where the longer graph asks for it, and else what the older one has.
    func model(_ reader: Span<UInt8>) throws -> FlatBufferValue {
        var fields: [Int: FlatBufferValue] = [:]
        if let version = try reader.field(0, of: root) {
            fields[0] = number(try reader.signed32(at: version))
        }
        for field in [3, 4, 5, 6] {
            if let older = try reader.table(field, of: root) { fields[field] = .older(older) }
        }
        let codes = Added.allCases.map { code in
            FlatBufferValue.table([0: .byte(UInt8(min(code.rawValue, 127))), 3: .number(code.rawValue)])
        }
        fields[1] = .list(oldCodes.map { .older($0) } + codes)
        var graphs = try reader.tables(2, of: root).map { FlatBufferValue.older($0) }
        graphs[findings.graphIndex] = try newGraph(reader)
        fields[2] = .list(graphs)
        fields[7] = .list([try newSignature(reader)])
        return .table(fields)
    }

    private func newGraph(_ reader: Span<UInt8>) throws -> FlatBufferValue {
        let operators = try reader.tables(3, of: graph).map { FlatBufferValue.older($0) }
        var fields: [Int: FlatBufferValue] = [
            0: .list(oldTensors.map { .older($0) } + tensors),
            1: list(findings.graph.inputs + expected),
            2: list(findings.graph.outputs.map { copies[$0] ?? $0 } + differences),
            3: .list(operators + measuring + copying),
        ]
        if let name = try reader.table(4, of: graph) { fields[4] = .older(name) }
        return .table(fields)
    }

    /// The first signature, or one with the names of the tensors; the others would not fit the graph.
    private func newSignature(_ reader: Span<UInt8>) throws -> FlatBufferValue {
        let signature = try reader.tables(7, of: root).first
        let inputs = try ends(reader, signature, 0, findings.graph.inputs)
        let outputs = try ends(reader, signature, 1, findings.graph.outputs)
        let key = try signature.flatMap { try reader.table(2, of: $0) }
        let added = expected.map { entry(.text(Array("redisai/expected/\($0)".utf8)), $0) }
        let told = differences.map { entry(.text(Array("redisai/difference/\($0)".utf8)), $0) }
        return .table([
            0: .list(inputs + added), 1: .list(outputs + told),
            2: key.map { .older($0) } ?? .text(Array("serving_default".utf8)),
            4: number(findings.graphIndex),
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
                let name = try reader.table(3, of: oldTensors[tensor])
                return entry(name.map { .older($0) } ?? .text([]), copies[tensor] ?? tensor)
            }
        }
        return try reader.tables(field, of: signature).map { table in
            let tensor = try reader.field(1, of: table).map { try reader.signed32(at: $0) } ?? 0
            let name = try reader.table(0, of: table)
            return entry(name.map { .older($0) } ?? .text([]), copies[tensor] ?? tensor)
        }
    }

    private func entry(_ name: FlatBufferValue, _ tensor: Int) -> FlatBufferValue {
        .table([0: name, 1: number(tensor)])
    }
}
