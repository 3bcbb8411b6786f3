/// The operators of ONNX whose work follows from shapes and from what the rule says.
///
/// What is not listed has not been looked at or has work that its values decide: `Loop`, `NonZero`, `Unique`,
/// `Compress`, `NonMaxSuppression`, texts, sequences, random numbers.
enum ONNXOperators {
    /// - Returns: nil for one that is not listed.
    static func rule(_ name: String, domain: String) -> WorkRule? {
        switch domain {
        case "", "ai.onnx": byShapes.contains(name) ? .byShapes : others[name]
        case "ai.onnx.ml": machineLearning.contains(name) ? .byShapes : nil
        case "com.microsoft": contributed.contains(name) ? .byShapes : nil
        default: nil
        }
    }

    private static let byShapes = Set(
        """
        Abs Acos Acosh Add And ArgMax ArgMin Asin Asinh Atan Atanh AveragePool BatchNormalization BitShift
        BitwiseAnd BitwiseNot BitwiseOr BitwiseXor Cast CastLike Ceil Celu Clip Concat Constant Conv
        ConvInteger ConvTranspose Cos Cosh CumSum DepthToSpace DequantizeLinear Det Div Dropout
        DynamicQuantizeLinear Einsum Elu Equal Erf Exp EyeLike Flatten Floor GRU Gather GatherElements
        GatherND Gelu Gemm GlobalAveragePool GlobalLpPool GlobalMaxPool Greater GreaterOrEqual
        GroupNormalization HardSigmoid HardSwish Hardmax Identity InstanceNormalization IsInf IsNaN LRN LSTM
        LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax LpNormalization LpPool MatMul
        MatMulInteger Max MaxPool Mean MeanVarianceNormalization Min Mish Mul Neg Not Or PRelu Pow
        QLinearConv QLinearMatMul QuantizeLinear RNN Reciprocal Relu RMSNormalization Round Scan
        ScatterElements ScatterND Scatter Selu Shrink Sigmoid Sign Sin Sinh Softmax SoftmaxCrossEntropyLoss
        Softplus Softsign SpaceToDepth Sqrt Sub Sum Swish Tan Tanh ThresholdedRelu Transpose Trilu Where Xor
        """.split { $0 == " " || $0 == "\n" }.map(String.init))

    private static let others: [String: WorkRule] = {
        var rules: [String: WorkRule] = ["Shape": .shape, "Size": .shape]
        for name in ["Expand", "Reshape", "Tile", "OneHot", "Squeeze", "Unsqueeze", "Split", "TopK"] {
            rules[name] = .byValuesFrom(1)
        }
        for name in ["L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "Sum", "SumSquare"] {
            rules["Reduce" + name] = .byValuesFrom(1)
        }
        for name in ["Pad", "Resize", "Slice", "Upsample", "CenterCropPad"] { rules[name] = .byValuesFrom(1) }
        // One branch may take far longer than the other.
        for name in ["ConstantOfShape", "If", "Range"] { rules[name] = .byValuesFrom(0) }
        // Of real numbers, a step for each power of two between the two: a thousand times that of usual ones.
        rules["Mod"] = .byValuesFrom(0)
        return rules
    }()

    private static let machineLearning: Set<String> = [
        "Binarizer", "Imputer", "LinearClassifier", "LinearRegressor", "Normalizer", "OneHotEncoder",
        "SVMClassifier", "SVMRegressor", "Scaler", "TreeEnsemble", "TreeEnsembleClassifier",
        "TreeEnsembleRegressor",
    ]

    private static let contributed: Set<String> = [
        "BiasGelu", "DynamicQuantizeMatMul", "FastGelu", "FusedConv", "FusedGemm", "FusedMatMul", "Gelu",
        "LayerNormalization", "MatMulInteger16", "MatMulIntegerToFloat", "MatMulNBits", "QGemm",
        "QLinearAdd", "QLinearAveragePool", "QLinearConcat", "QLinearGlobalAveragePool", "QLinearLeakyRelu",
        "QLinearMul", "QLinearSigmoid", "QLinearSoftmax", "QuickGelu", "SimplifiedLayerNormalization",
        "SkipLayerNormalization", "SkipSimplifiedLayerNormalization",
    ]
}
