/// What the scan asks of operators.
extension TFLiteOperator {
    /// Whether an input that is left out may be one of the first two.
    var hasManyOptionalInputs: Bool {
        switch self {
        case .lstm, .unidirectionalSequenceLstm, .bidirectionalSequenceRnn, .bidirectionalSequenceLstm: true
        default: false
        }
    }

    /// Whether the runtime brings all quantised tensors of the operator to one scale, and ends the process
    /// if they lie too far apart.
    var comparesScales: Bool {
        switch self {
        case .add, .sub, .squaredDifference, .less, .lessEqual, .greater, .greaterEqual, .equal,
            .notEqual:
            true
        default: false
        }
    }

    /// Whether the runtime takes the type of the result for that of the operands.
    var keepsType: Bool {
        switch self {
        case .add, .sub, .squaredDifference: true
        default: false
        }
    }

    /// The field of the options that says how many tensors the operator takes or gives, which the runtime
    /// believes more than how many there are.
    var countField: (kind: TFLiteOptions, field: Int, isOfInputs: Bool)? {
        switch self {
        case .split: (.splitOptions, TFLiteField.SplitOptions.numSplits, false)
        case .splitV: (.splitVOptions, TFLiteField.SplitVOptions.numSplits, false)
        case .unpack: (.unpackOptions, TFLiteField.UnpackOptions.num, false)
        case .pack: (.packOptions, TFLiteField.PackOptions.valuesCount, true)
        default: nil
        }
    }

    /// The fields of the options by which the runtime divides.
    var divisorFields: (kind: TFLiteOptions, fields: [Int])? {
        switch self {
        case .transposeConv:
            (
                .transposeConvOptions,
                [TFLiteField.TransposeConvOptions.strideW, TFLiteField.TransposeConvOptions.strideH]
            )
        case .conv3D, .conv3DTranspose:
            (
                .conv3DOptions,
                [
                    TFLiteField.Conv3DOptions.strideD, TFLiteField.Conv3DOptions.strideW,
                    TFLiteField.Conv3DOptions.strideH,
                ]
            )
        default: nil
        }
    }

    /// Where the numbers of the graphs are that the operator uses.
    struct GraphFields {
        /// Of the operator: what kind of options it has, and the options.
        let kindField: Int
        let optionsField: Int
        /// What kind they have to be.
        let kind: Int
        /// Of the options.
        let fields: [Int]
        /// Whether the only field is a list.
        var isList = false

        init(_ options: TFLiteOptions, _ fields: [Int]) {
            kindField = TFLiteField.Operator.builtinOptionsType
            optionsField = TFLiteField.Operator.builtinOptions
            kind = options.rawValue
            self.fields = fields
        }

        init(_ options: TFLiteOptions2, _ fields: [Int], isList: Bool = false) {
            kindField = TFLiteField.Operator.builtinOptions2Type
            optionsField = TFLiteField.Operator.builtinOptions2
            kind = options.rawValue
            self.fields = fields
            self.isList = isList
        }
    }

    /// Nil for one that uses none.
    var graphFields: GraphFields? {
        typealias Field = TFLiteField
        return switch self {
        case .if:
            GraphFields(
                .ifOptions, [Field.IfOptions.thenSubgraphIndex, Field.IfOptions.elseSubgraphIndex])
        case .while:
            GraphFields(
                .whileOptions, [Field.WhileOptions.condSubgraphIndex, Field.WhileOptions.bodySubgraphIndex])
        case .callOnce: GraphFields(.callOnceOptions, [Field.CallOnceOptions.initSubgraphIndex])
        case .stablehloReduce:
            GraphFields(.stablehloReduceOptions, [Field.StablehloReduceOptions.bodySubgraphIndex])
        case .stablehloScatter:
            GraphFields(
                .stablehloScatterOptions, [Field.StablehloScatterOptions.updateComputationSubgraphIndex])
        case .stablehloReduceWindow:
            GraphFields(
                .stablehloReduceWindowOptions, [Field.StablehloReduceWindowOptions.bodySubgraphIndex])
        case .stablehloSort:
            GraphFields(.stablehloSortOptions, [Field.StablehloSortOptions.comparatorSubgraphIndex])
        case .stablehloWhile:
            GraphFields(
                .stablehloWhileOptions,
                [
                    Field.StablehloWhileOptions.condSubgraphIndex,
                    Field.StablehloWhileOptions.bodySubgraphIndex,
                ])
        case .stablehloComposite:
            GraphFields(
                .stableHLOCompositeOptions,
                [Field.StableHLOCompositeOptions.decompositionSubgraphIndex])
        case .stablehloCase:
            GraphFields(
                .stablehloCaseOptions, [Field.StablehloCaseOptions.branchSubgraphIndices], isList: true)
        default: nil
        }
    }
}
