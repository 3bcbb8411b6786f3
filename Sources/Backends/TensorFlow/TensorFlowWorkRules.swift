/// The operations of TensorFlow whose work follows from shapes and from what the rule says.
///
/// What is not listed has not been looked at or has work that its values decide: loops, `Where`, `Unique`,
/// texts, tensor lists, tables, random numbers, ragged and sparse tensors.
enum TensorFlowWorkRules {
    /// - Returns: nil for one that is not listed.
    static func rule(_ operation: String) -> WorkRule? {
        byShapes.contains(operation) ? .byShapes : others[operation]
    }

    private static let byShapes = Set(
        """
        Abs Acos Acosh Add AddN AddV2 ApproximateEqual Asin Asinh Atan Atan2 Atanh
        AvgPool AvgPool3D BatchMatMul BatchMatMulV2 BatchMatMulV3 BiasAdd BiasAddV1 Bitcast Cast Ceil
        CheckNumerics ClipByValue Complex Const Conv2D Conv3D Cos Cosh Cumprod Cumsum
        DepthToSpace DepthwiseConv2dNative Diag Div DivNoNan Einsum Elu EnsureShape Equal Erf Erfc Exp Expm1
        FakeQuantWithMinMaxArgs FakeQuantWithMinMaxVars Floor FloorDiv FusedBatchNorm
        FusedBatchNormV2 FusedBatchNormV3 Gather GatherNd Greater GreaterEqual Identity IdentityN Inv Invert
        IsFinite IsInf IsNan L2Loss LRN LeakyRelu Less LessEqual Lgamma Log Log1p LogSoftmax LogicalAnd
        LogicalNot LogicalOr MatMul MatrixBandPart MatrixDiag MaxPool MaxPool3D MaxPoolV2 Maximum Minimum
        Mul MulNoNan Neg NoOp NotEqual OnesLike Pack ParallelStack PartitionedCall Placeholder
        PlaceholderWithDefault Pow PreventGradient QuantizeAndDequantizeV2 ReadVariableOp Real RealDiv
        Reciprocal Relu Relu6 Reverse Rint Round Rsqrt Select SelectV2 Selu Sigmoid Sign Sin Sinh Snapshot
        Softmax Softplus Softsign SpaceToDepth Sqrt Square SquaredDifference Squeeze StatefulPartitionedCall
        StopGradient Sub Tan Tanh TensorScatterAdd TensorScatterUpdate TruncateDiv Unpack
        VarHandleOp VariableV2 Xdivy Xlogy ZerosLike _Arg _Retval
        """.split { $0 == " " || $0 == "\n" }.map(String.init))

    private static let others: [String: WorkRule] = {
        var rules: [String: WorkRule] = ["All": .byValues([1]), "Any": .byValues([1])]
        for name in ["Shape", "ShapeN", "Size", "Rank"] { rules[name] = .shape }
        let later = [
            "ArgMax", "ArgMin", "BroadcastTo", "EuclideanNorm", "ExpandDims", "Max", "Mean", "Min",
            "MirrorPad", "OneHot", "Pad", "PadV2", "Prod", "Reshape", "ResizeBicubic", "ResizeBilinear",
            "ResizeNearestNeighbor", "ReverseV2", "Slice", "SplitV", "StridedSlice", "Sum", "Tile", "TopK",
            "TopKV2", "Transpose",
        ]
        for name in later { rules[name] = .byValuesFrom(1) }
        for name in ["Concat", "Conv2DBackpropInput", "Conv3DBackpropInputV2", "Fill", "Split"] {
            rules[name] = .byValues([0])
        }
        for name in ["LinSpace", "Range"] { rules[name] = .byValuesFrom(0) }
        // Of real numbers, a step for each power of two between the two: a thousand times that of usual ones.
        for name in ["FloorMod", "Mod", "TruncateMod"] { rules[name] = .byValuesFrom(0) }
        rules["ConcatV2"] = .byLastValue
        rules["GatherV2"] = .byLastValue
        return rules
    }()
}
