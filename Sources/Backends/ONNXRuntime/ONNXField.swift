// Written by `make vendor-names` from the descriptors in onnx 1.23.2; change nothing here.

/// Fields of the ONNX format's messages.
enum ONNXField {
    enum ModelProto {
        static let irVersion: UInt32 = 1
        static let producerName: UInt32 = 2
        static let producerVersion: UInt32 = 3
        static let domain: UInt32 = 4
        static let modelVersion: UInt32 = 5
        static let docString: UInt32 = 6
        static let graph: UInt32 = 7
        static let opsetImport: UInt32 = 8
        static let metadataProps: UInt32 = 14
        static let trainingInfo: UInt32 = 20
        static let functions: UInt32 = 25
        static let configuration: UInt32 = 26
    }
    enum TrainingInfoProto {
        static let initialization: UInt32 = 1
        static let algorithm: UInt32 = 2
        static let initializationBinding: UInt32 = 3
        static let updateBinding: UInt32 = 4
    }
    enum FunctionProto {
        static let name: UInt32 = 1
        static let input: UInt32 = 4
        static let output: UInt32 = 5
        static let attribute: UInt32 = 6
        static let node: UInt32 = 7
        static let docString: UInt32 = 8
        static let opsetImport: UInt32 = 9
        static let domain: UInt32 = 10
        static let attributeProto: UInt32 = 11
        static let valueInfo: UInt32 = 12
        static let overload: UInt32 = 13
        static let metadataProps: UInt32 = 14
    }
    enum GraphProto {
        static let node: UInt32 = 1
        static let name: UInt32 = 2
        static let initializer: UInt32 = 5
        static let docString: UInt32 = 10
        static let input: UInt32 = 11
        static let output: UInt32 = 12
        static let valueInfo: UInt32 = 13
        static let quantizationAnnotation: UInt32 = 14
        static let sparseInitializer: UInt32 = 15
        static let metadataProps: UInt32 = 16
    }
    enum NodeProto {
        static let input: UInt32 = 1
        static let output: UInt32 = 2
        static let name: UInt32 = 3
        static let opType: UInt32 = 4
        static let attribute: UInt32 = 5
        static let docString: UInt32 = 6
        static let domain: UInt32 = 7
        static let overload: UInt32 = 8
        static let metadataProps: UInt32 = 9
        static let deviceConfigurations: UInt32 = 10
    }
    enum AttributeProto {
        static let name: UInt32 = 1
        static let f: UInt32 = 2
        static let i: UInt32 = 3
        static let s: UInt32 = 4
        static let t: UInt32 = 5
        static let g: UInt32 = 6
        static let floats: UInt32 = 7
        static let ints: UInt32 = 8
        static let strings: UInt32 = 9
        static let tensors: UInt32 = 10
        static let graphs: UInt32 = 11
        static let docString: UInt32 = 13
        static let tp: UInt32 = 14
        static let typeProtos: UInt32 = 15
        static let type: UInt32 = 20
        static let refAttrName: UInt32 = 21
        static let sparseTensor: UInt32 = 22
        static let sparseTensors: UInt32 = 23
    }
    enum TensorProto {
        static let dims: UInt32 = 1
        static let dataType: UInt32 = 2
        static let segment: UInt32 = 3
        static let floatData: UInt32 = 4
        static let int32Data: UInt32 = 5
        static let stringData: UInt32 = 6
        static let int64Data: UInt32 = 7
        static let name: UInt32 = 8
        static let rawData: UInt32 = 9
        static let doubleData: UInt32 = 10
        static let uint64Data: UInt32 = 11
        static let docString: UInt32 = 12
        static let externalData: UInt32 = 13
        static let dataLocation: UInt32 = 14
        static let metadataProps: UInt32 = 16
    }
    enum SparseTensorProto {
        static let values: UInt32 = 1
        static let indices: UInt32 = 2
        static let dims: UInt32 = 3
    }
    enum ValueInfoProto {
        static let name: UInt32 = 1
        static let type: UInt32 = 2
        static let docString: UInt32 = 3
        static let metadataProps: UInt32 = 4
    }
}
