// Written by `make vendor-names` from the schema in ai-edge-litert 2.3.0; change nothing here.

/// Fields of the TFLite format's tables.
enum TFLiteField {
    enum Model {
        static let version: Int = 0
        static let operatorCodes: Int = 1
        static let subgraphs: Int = 2
        static let description: Int = 3
        static let buffers: Int = 4
        static let metadataBuffer: Int = 5
        static let metadata: Int = 6
        static let signatureDefs: Int = 7
        static let externalBufferGroups: Int = 8
        static let externalBuffers: Int = 9
    }
    enum OperatorCode {
        static let deprecatedBuiltinCode: Int = 0
        static let customCode: Int = 1
        static let version: Int = 2
        static let builtinCode: Int = 3
    }
    enum SubGraph {
        static let tensors: Int = 0
        static let inputs: Int = 1
        static let outputs: Int = 2
        static let operators: Int = 3
        static let name: Int = 4
        static let debugMetadataIndex: Int = 5
    }
    enum Tensor {
        static let shape: Int = 0
        static let type: Int = 1
        static let buffer: Int = 2
        static let name: Int = 3
        static let quantization: Int = 4
        static let isVariable: Int = 5
        static let sparsity: Int = 6
        static let shapeSignature: Int = 7
        static let hasRank: Int = 8
        static let variantTensors: Int = 9
        static let externalBuffer: Int = 10
    }
    enum QuantizationParameters {
        static let min: Int = 0
        static let max: Int = 1
        static let scale: Int = 2
        static let zeroPoint: Int = 3
        static let detailsType: Int = 4
        static let details: Int = 5
        static let quantizedDimension: Int = 6
    }
    enum Operator {
        static let opcodeIndex: Int = 0
        static let inputs: Int = 1
        static let outputs: Int = 2
        static let builtinOptionsType: Int = 3
        static let builtinOptions: Int = 4
        static let customOptions: Int = 5
        static let customOptionsFormat: Int = 6
        static let mutatingVariableInputs: Int = 7
        static let intermediates: Int = 8
        static let largeCustomOptionsOffset: Int = 9
        static let largeCustomOptionsSize: Int = 10
        static let builtinOptions2Type: Int = 11
        static let builtinOptions2: Int = 12
        static let debugMetadataIndex: Int = 13
    }
    enum Buffer {
        static let data: Int = 0
        static let offset: Int = 1
        static let size: Int = 2
    }
    enum Metadata {
        static let name: Int = 0
        static let buffer: Int = 1
    }
    enum SignatureDef {
        static let inputs: Int = 0
        static let outputs: Int = 1
        static let signatureKey: Int = 2
        static let subgraphIndex: Int = 4
    }
    enum TensorMap {
        static let name: Int = 0
        static let tensorIndex: Int = 1
    }
    enum ReshapeOptions {
        static let newShape: Int = 0
    }
    enum ShapeOptions {
        static let outType: Int = 0
    }
    enum PackOptions {
        static let valuesCount: Int = 0
        static let axis: Int = 1
    }
    enum UnpackOptions {
        static let num: Int = 0
        static let axis: Int = 1
    }
    enum SplitOptions {
        static let numSplits: Int = 0
    }
    enum SplitVOptions {
        static let numSplits: Int = 0
    }
    enum TransposeConvOptions {
        static let padding: Int = 0
        static let strideW: Int = 1
        static let strideH: Int = 2
        static let fusedActivationFunction: Int = 3
        static let quantizedBiasType: Int = 4
    }
    enum Conv3DOptions {
        static let padding: Int = 0
        static let strideD: Int = 1
        static let strideW: Int = 2
        static let strideH: Int = 3
        static let fusedActivationFunction: Int = 4
        static let dilationDFactor: Int = 5
        static let dilationWFactor: Int = 6
        static let dilationHFactor: Int = 7
    }
    enum IfOptions {
        static let thenSubgraphIndex: Int = 0
        static let elseSubgraphIndex: Int = 1
    }
    enum WhileOptions {
        static let condSubgraphIndex: Int = 0
        static let bodySubgraphIndex: Int = 1
    }
    enum CallOnceOptions {
        static let initSubgraphIndex: Int = 0
    }
    enum StablehloReduceOptions {
        static let dimensions: Int = 0
        static let bodySubgraphIndex: Int = 1
    }
    enum StablehloScatterOptions {
        static let indicesAreSorted: Int = 0
        static let updateWindowDims: Int = 1
        static let insertedWindowDims: Int = 2
        static let scatterDimsToOperandDims: Int = 3
        static let indexVectorDim: Int = 4
        static let uniqueIndices: Int = 5
        static let updateComputationSubgraphIndex: Int = 6
    }
    enum StablehloReduceWindowOptions {
        static let windowDimensions: Int = 0
        static let windowStrides: Int = 1
        static let baseDilations: Int = 2
        static let windowDilations: Int = 3
        static let padding: Int = 4
        static let bodySubgraphIndex: Int = 5
    }
    enum StablehloSortOptions {
        static let dimension: Int = 0
        static let isStable: Int = 1
        static let comparatorSubgraphIndex: Int = 2
    }
    enum StablehloWhileOptions {
        static let condSubgraphIndex: Int = 0
        static let bodySubgraphIndex: Int = 1
    }
    enum StableHLOCompositeOptions {
        static let name: Int = 0
        static let decompositionSubgraphIndex: Int = 1
        static let compositeAttributes: Int = 2
        static let compositeAttributesFormat: Int = 3
        static let version: Int = 4
    }
    enum StablehloCaseOptions {
        static let branchSubgraphIndices: Int = 0
    }
}
