import Formats

/// How much is read of a file's graphs: in a flatbuffer the same table, vector or text may be listed again
/// and again, so that a megabyte is a hundred thousand graphs of a hundred thousand tensors each.
///
/// Tools write what they list, but for some vectors and texts. Costs what it counts.
struct LiteRTReading {
    private var bytesLeft: Int

    /// How often all of a file may be read.
    private static let mostTimes = 4

    /// - Throws: `.malformed` if that would be far more than the file has.
    static func check(_ reader: Span<UInt8>, _ model: Int) throws {
        var reading = LiteRTReading(bytesLeft: mostTimes * reader.count)
        for graph in try reading.tables(TFLiteField.Model.subgraphs, of: model, reader) {
            for tensor in try reading.tables(TFLiteField.SubGraph.tensors, of: graph, reader) {
                try reading.spendTensor(tensor, reader)
            }
            for field in [TFLiteField.SubGraph.inputs, TFLiteField.SubGraph.outputs] {
                try reading.spend(field, of: graph, width: 4, reader)
            }
            for table in try reading.tables(TFLiteField.SubGraph.operators, of: graph, reader) {
                for field in [TFLiteField.Operator.inputs, TFLiteField.Operator.outputs] {
                    try reading.spend(field, of: table, width: 4, reader)
                }
            }
        }
        for table in try reading.tables(TFLiteField.Model.operatorCodes, of: model, reader) {
            try reading.spend(TFLiteField.OperatorCode.customCode, of: table, width: 1, reader)
        }
        for entry in try reading.tables(TFLiteField.Model.metadata, of: model, reader) {
            try reading.spend(TFLiteField.Metadata.name, of: entry, width: 1, reader)
        }
        for signature in try reading.tables(TFLiteField.Model.signatureDefs, of: model, reader) {
            try reading.spend(TFLiteField.SignatureDef.signatureKey, of: signature, width: 1, reader)
            for field in [TFLiteField.SignatureDef.inputs, TFLiteField.SignatureDef.outputs] {
                for end in try reading.tables(field, of: signature, reader) {
                    try reading.spend(TFLiteField.TensorMap.name, of: end, width: 1, reader)
                }
            }
        }
    }

    /// Shape, name, the shape with what is not known, scales and zero points.
    private mutating func spendTensor(_ tensor: Int, _ reader: Span<UInt8>) throws {
        try spend(TFLiteField.Tensor.shape, of: tensor, width: 4, reader)
        try spend(TFLiteField.Tensor.name, of: tensor, width: 1, reader)
        try spend(TFLiteField.Tensor.shapeSignature, of: tensor, width: 4, reader)
        guard let quantization = try reader.table(TFLiteField.Tensor.quantization, of: tensor) else { return }
        try spend(TFLiteField.QuantizationParameters.scale, of: quantization, width: 4, reader)
        try spend(TFLiteField.QuantizationParameters.zeroPoint, of: quantization, width: 8, reader)
    }

    private mutating func tables(
        _ number: Int, of table: Int, _ reader: Span<UInt8>
    ) throws -> [Int] {
        try spend(number, of: table, width: 4, reader)
        return try reader.tables(number, of: table)
    }

    /// Counts a vector or text.
    private mutating func spend(
        _ number: Int, of table: Int, width: Int, _ reader: Span<UInt8>
    ) throws {
        let count = try reader.vector(number, of: table, width: width)?.count ?? 0
        bytesLeft -= count * width
        guard bytesLeft >= 0 else {
            throw LiteRTModelScan.Refusal.malformed("its parts are listed again and again")
        }
    }
}
