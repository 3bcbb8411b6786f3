// Written by `make vendor-names` from the descriptors in tensorflow 2.21.0; change nothing here.

/// Fields of TensorFlow's messages.
enum TensorFlowField {
    enum SavedModel {
        static let savedModelSchemaVersion: UInt32 = 1
        static let metaGraphs: UInt32 = 2
    }
    enum MetaGraphDef {
        static let metaInfoDef: UInt32 = 1
        static let graphDef: UInt32 = 2
        static let saverDef: UInt32 = 3
        static let collectionDef: UInt32 = 4
        static let signatureDef: UInt32 = 5
        static let assetFileDef: UInt32 = 6
        static let objectGraphDef: UInt32 = 7
    }
    enum MetaInfoDef {
        static let metaGraphVersion: UInt32 = 1
        static let strippedOpList: UInt32 = 2
        static let anyInfo: UInt32 = 3
        static let tags: UInt32 = 4
        static let tensorflowVersion: UInt32 = 5
        static let tensorflowGitVersion: UInt32 = 6
        static let strippedDefaultAttrs: UInt32 = 7
        static let functionAliases: UInt32 = 8
    }
    enum CollectionDef {
        static let nodeList: UInt32 = 1
        static let bytesList: UInt32 = 2
        static let int64List: UInt32 = 3
        static let floatList: UInt32 = 4
        static let anyList: UInt32 = 5
    }
    enum NodeList {
        static let value: UInt32 = 1
    }
    enum SignatureDef {
        static let inputs: UInt32 = 1
        static let outputs: UInt32 = 2
        static let methodName: UInt32 = 3
        static let defaults: UInt32 = 4
    }
    enum TensorInfo {
        static let name: UInt32 = 1
        static let dtype: UInt32 = 2
        static let tensorShape: UInt32 = 3
        static let cooSparse: UInt32 = 4
        static let compositeTensor: UInt32 = 5
    }
    enum SaverDef {
        static let filenameTensorName: UInt32 = 1
        static let saveTensorName: UInt32 = 2
        static let restoreOpName: UInt32 = 3
        static let maxToKeep: UInt32 = 4
        static let sharded: UInt32 = 5
        static let keepCheckpointEveryNHours: UInt32 = 6
        static let version: UInt32 = 7
    }
    enum GraphDef {
        static let node: UInt32 = 1
        static let library: UInt32 = 2
        static let version: UInt32 = 3
        static let versions: UInt32 = 4
        static let debugInfo: UInt32 = 5
    }
    enum FunctionDefLibrary {
        static let function: UInt32 = 1
        static let gradient: UInt32 = 2
        static let registeredGradients: UInt32 = 3
    }
    enum FunctionDef {
        static let signature: UInt32 = 1
        static let nodeDef: UInt32 = 3
        static let ret: UInt32 = 4
        static let attr: UInt32 = 5
        static let controlRet: UInt32 = 6
        static let argAttr: UInt32 = 7
        static let resourceArgUniqueId: UInt32 = 8
    }
    enum GradientDef {
        static let functionName: UInt32 = 1
        static let gradientFunc: UInt32 = 2
    }
    enum RegisteredGradient {
        static let gradientFunc: UInt32 = 1
        static let registeredOpType: UInt32 = 2
    }
    enum OpList {
        static let op: UInt32 = 1
    }
    enum OpDef {
        static let name: UInt32 = 1
        static let inputArg: UInt32 = 2
        static let outputArg: UInt32 = 3
        static let attr: UInt32 = 4
        static let summary: UInt32 = 5
        static let description: UInt32 = 6
        static let deprecation: UInt32 = 8
        static let isAggregate: UInt32 = 16
        static let isStateful: UInt32 = 17
        static let isCommutative: UInt32 = 18
        static let allowsUninitializedInput: UInt32 = 19
        static let controlOutput: UInt32 = 20
        static let isDistributedCommunication: UInt32 = 21
    }
    enum ArgDef {
        static let name: UInt32 = 1
        static let description: UInt32 = 2
        static let type: UInt32 = 3
        static let typeAttr: UInt32 = 4
        static let numberAttr: UInt32 = 5
        static let typeListAttr: UInt32 = 6
        static let handleData: UInt32 = 7
        static let isRef: UInt32 = 16
        static let experimentalFullType: UInt32 = 17
    }
    enum AttrDef {
        static let name: UInt32 = 1
        static let type: UInt32 = 2
        static let defaultValue: UInt32 = 3
        static let description: UInt32 = 4
        static let hasMinimum: UInt32 = 5
        static let minimum: UInt32 = 6
        static let allowedValues: UInt32 = 7
    }
    enum NodeDef {
        static let name: UInt32 = 1
        static let op: UInt32 = 2
        static let input: UInt32 = 3
        static let device: UInt32 = 4
        static let attr: UInt32 = 5
        static let experimentalDebugInfo: UInt32 = 6
        static let experimentalType: UInt32 = 7
    }
    enum AttrValue {
        static let list: UInt32 = 1
        static let s: UInt32 = 2
        static let i: UInt32 = 3
        static let f: UInt32 = 4
        static let b: UInt32 = 5
        static let type: UInt32 = 6
        static let shape: UInt32 = 7
        static let tensor: UInt32 = 8
        static let placeholder: UInt32 = 9
        static let `func`: UInt32 = 10
    }
    enum ListValue {
        static let s: UInt32 = 2
        static let i: UInt32 = 3
        static let f: UInt32 = 4
        static let b: UInt32 = 5
        static let type: UInt32 = 6
        static let shape: UInt32 = 7
        static let tensor: UInt32 = 8
        static let `func`: UInt32 = 9
    }
    enum NameAttrList {
        static let name: UInt32 = 1
        static let attr: UInt32 = 2
    }
    enum TensorProto {
        static let dtype: UInt32 = 1
        static let tensorShape: UInt32 = 2
        static let versionNumber: UInt32 = 3
        static let tensorContent: UInt32 = 4
        static let floatVal: UInt32 = 5
        static let doubleVal: UInt32 = 6
        static let intVal: UInt32 = 7
        static let stringVal: UInt32 = 8
        static let scomplexVal: UInt32 = 9
        static let int64Val: UInt32 = 10
        static let boolVal: UInt32 = 11
        static let dcomplexVal: UInt32 = 12
        static let halfVal: UInt32 = 13
        static let resourceHandleVal: UInt32 = 14
        static let variantVal: UInt32 = 15
        static let uint32Val: UInt32 = 16
        static let uint64Val: UInt32 = 17
        static let float8Val: UInt32 = 18
    }
    enum TensorShapeProto {
        static let dim: UInt32 = 2
        static let unknownRank: UInt32 = 3
    }
    enum Dim {
        static let size: UInt32 = 1
        static let name: UInt32 = 2
    }
    enum ConfigProto {
        static let deviceCount: UInt32 = 1
        static let intraOpParallelismThreads: UInt32 = 2
        static let placementPeriod: UInt32 = 3
        static let deviceFilters: UInt32 = 4
        static let interOpParallelismThreads: UInt32 = 5
        static let gpuOptions: UInt32 = 6
        static let allowSoftPlacement: UInt32 = 7
        static let logDevicePlacement: UInt32 = 8
        static let usePerSessionThreads: UInt32 = 9
        static let graphOptions: UInt32 = 10
        static let operationTimeoutInMs: UInt32 = 11
        static let sessionInterOpThreadPool: UInt32 = 12
        static let rpcOptions: UInt32 = 13
        static let clusterDef: UInt32 = 14
        static let isolateSessionState: UInt32 = 15
        static let experimental: UInt32 = 16
        static let shareClusterDevicesInSession: UInt32 = 17
        static let pluggableDeviceOptions: UInt32 = 18
    }
    enum GPUOptions {
        static let perProcessGpuMemoryFraction: UInt32 = 1
        static let allocatorType: UInt32 = 2
        static let deferredDeletionBytes: UInt32 = 3
        static let allowGrowth: UInt32 = 4
        static let visibleDeviceList: UInt32 = 5
        static let pollingActiveDelayUsecs: UInt32 = 6
        static let pollingInactiveDelayMsecs: UInt32 = 7
        static let forceGpuCompatible: UInt32 = 8
        static let experimental: UInt32 = 9
    }
    enum RunOptions {
        static let traceLevel: UInt32 = 1
        static let timeoutInMs: UInt32 = 2
        static let interOpThreadPool: UInt32 = 3
        static let outputPartitionGraphs: UInt32 = 5
        static let debugOptions: UInt32 = 6
        static let reportTensorAllocationsUponOom: UInt32 = 7
        static let experimental: UInt32 = 8
    }
}
