// Written by `make vendor-names` from the schema in ai-edge-litert 2.3.0; change nothing here.

/// Kinds of an operator's options with a field of their own, such as those of StableHLO.
enum TFLiteOptions2: Int {
    case none = 0
    case stablehloConcatenateOptions = 1
    case stablehloBroadcastInDimOptions = 2
    case stablehloSliceOptions = 3
    case stablehloConvolutionOptions = 4
    case stablehloCustomCallOptions = 5
    case stablehloReduceOptions = 6
    case stablehloScatterOptions = 7
    case stablehloCompareOptions = 8
    case stablehloDynamicSliceOptions = 9
    case stablehloPadOptions = 10
    case stablehloIotaOptions = 11
    case stablehloDotGeneralOptions = 12
    case stablehloReduceWindowOptions = 13
    case stablehloSortOptions = 14
    case stablehloWhileOptions = 15
    case stablehloGatherOptions = 16
    case stablehloTransposeOptions = 17
    case dilateOptions = 18
    case stablehloRngBitGeneratorOptions = 19
    case reduceWindowOptions = 20
    case stableHLOCompositeOptions = 21
    case stablehloShiftLeftOptions = 22
    case stablehloCaseOptions = 23
}
