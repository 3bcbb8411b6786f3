/// Says whether the shapes of what an operator gives are known before a run.
///
/// An operator that is not listed here counts as one whose results can have any shape; so does one that takes
/// as a value, and not as a weight, what decides about the shape.
enum LiteRTShapeRule {
    /// The shapes of the results follow from those of the operands: sums, convolutions, activations, ...
    private static let byShapes: Set<TFLiteOperator> = [
        .add, .averagePool2D, .concatenation, .conv2D, .depthwiseConv2D, .depthToSpace, .dequantize,
        .embeddingLookup, .floor, .fullyConnected, .l2Normalization, .l2Pool2D,
        .localResponseNormalization, .logistic, .lstm, .maxPool2D, .mul, .relu, .reluN1To1, .relu6, .rnn,
        .softmax, .spaceToDepth, .svdf, .tanh, .unidirectionalSequenceRnn, .gather, .sub, .div, .squeeze,
        .unidirectionalSequenceLstm, .bidirectionalSequenceRnn, .exp, .logSoftmax,
        .bidirectionalSequenceLstm, .cast, .prelu, .maximum, .minimum, .less, .neg, .greater,
        .greaterEqual, .lessEqual, .select, .sin, .equal, .notEqual, .log, .sqrt, .rsqrt, .pow,
        .fakeQuant, .pack, .logicalOr, .logicalAnd, .logicalNot, .unpack, .floorDiv, .square, .zerosLike,
        .floorMod, .leakyRelu, .squaredDifference, .abs, .ceil, .reverseV2, .addN, .gatherNd, .cos, .elu,
        .reverseSequence, .matrixDiag, .quantize, .matrixSetDiag, .round, .hardSwish, .selectV2,
        .batchMatmul, .cumsum, .conv3D, .bucketize, .gelu, .dynamicUpdateSlice, .relu0To1, .atan2, .sign,
        .bitcast, .bitwiseXor, .rightShift,
    ]
    /// The inputs behind the first one decide as well: reshapes, slices, paddings, sums over axes, ...
    private static let byLaterInputs: Set<TFLiteOperator> = [
        .reshape, .resizeBilinear, .pad, .batchToSpaceNd, .spaceToBatchNd, .transpose, .mean,
        .stridedSlice, .topkV2, .argMax, .padv2, .slice, .tile, .expandDims, .sum, .argMin, .reduceProd,
        .reduceMax, .oneHot, .reduceMin, .reduceAny, .resizeNearestNeighbor, .mirrorPad, .splitV,
        .broadcastTo, .reduceAll,
    ]
    /// The first input decides as well: a division into parts, a filled tensor, transposed convolutions.
    private static let byFirstInput: Set<TFLiteOperator> = [
        .split, .transposeConv, .fill, .conv3DTranspose,
    ]
    /// Types whose tensors have no size before a run: texts and handles.
    private static let typesWithoutSize: Set<Int> = Set(
        [TFLiteElement.string, .resource, .variant].map(\.rawValue))

    /// - Parameters:
    ///   - areWeights: of each input.
    ///   - types: of all inputs and outputs.
    static func isShapeKnown(_ code: TFLiteOperator?, areWeights: [Bool], types: [Int]) -> Bool {
        guard typesWithoutSize.isDisjoint(with: types) else { return false }
        guard let code else { return false }
        if byShapes.contains(code) { return true }
        if byLaterInputs.contains(code) { return areWeights.dropFirst().allSatisfy(\.self) }
        if byFirstInput.contains(code) { return areWeights.first == true }
        return false
    }
}
