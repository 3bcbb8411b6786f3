import CSharedAPI
import Commands
import Execution
import Glibc
import Keyspace
import Redis
import Tensors

/// The functions for models and their runs.
enum ModelFunctions {
    private typealias Shared = SharedObject<Model>

    static func fill(_ table: inout shared_functions) {
        unsafe table.ModelCreate = {
            unsafe ModelFunctions.create($0, $1, $2, $3, ($4, $5), ($6, $7), ($8, $9), $10)
        }
        unsafe table.ModelFree = { unsafe ModelFunctions.release($0, $1) }
        unsafe table.ModelGetShallowCopy = { unsafe Shared.share($0) }
        unsafe table.ModelRedisType = { unsafe ModuleState.current.models.address }
        unsafe table.GetModelFromKeyspace = { unsafe ModelFunctions.find($0, $1, $2, $4) }
        unsafe table.ModelSerialize = { unsafe ModelFunctions.save($0, $1, $2, $3) }
        unsafe table.ModelRunCtxCreate = { unsafe ModelFunctions.makeContext($0) }
        unsafe table.ModelRunCtxAddInput = { unsafe ModelFunctions.addInput($0, $2) }
        unsafe table.ModelRunCtxAddOutput = { context, _ in unsafe ModelFunctions.addOutput(context) }
        unsafe table.ModelRunCtxNumOutputs = {
            unsafe RunFunctions.context($0, Handles.modelRun)?.outputCount ?? 0
        }
        unsafe table.ModelRunCtxOutputTensor = { unsafe RunFunctions.output($0, Handles.modelRun, $1) }
        unsafe table.ModelRunCtxFree = { unsafe RunFunctions.free($0, Handles.modelRun) }
        unsafe table.ModelRun = { unsafe ModelFunctions.run($0, Int($1), $2) }
        unsafe table.ModelRunAsync = {
            unsafe RunFunctions.start($0, Handles.modelRun, 0, $1, $2, nil, nil, isModel: true)
        }
        unsafe table.ModelRunStart = {
            unsafe RunFunctions.start($0, Handles.modelRun, $1, $2, $3, $4, $5, isModel: true)
        }
        unsafe table.GetAsModelRunCtx = {
            unsafe RunFunctions.fetch($0, Handles.modelFinish, orElse: .notAModelRun, $1)
        }
    }

    /// Texts of another module.
    private typealias Texts = (count: Int, list: UnsafeMutablePointer<UnsafePointer<CChar>?>?)

    private static func create(
        _ backend: Int32, _ device: UnsafeMutablePointer<CChar>?, _ tag: UnsafeMutablePointer<CChar>?,
        _ options: RAI_ModelOpts, _ inputs: Texts, _ outputs: Texts,
        _ bytes: (start: UnsafePointer<CChar>?, count: Int), _ error: OpaquePointer?
    ) -> OpaquePointer? {
        unsafe ErrorFunctions.reporting(to: error) { () throws(APIFailure) -> OpaquePointer in
            guard let kind = UInt8(exactly: backend).flatMap({ BackendKind(rawValue: $0) }) else {
                throw APIFailure(.unsupportedBackend, .unsupportedBackend)
            }
            guard let inputNames = unsafe CBytes.texts(inputs.list, count: inputs.count),
                let outputNames = unsafe CBytes.texts(outputs.list, count: outputs.count)
            else { throw .invalidArguments(.modelCreate) }
            let definition = unsafe ModelDefinition(
                backend: kind, device: try Building.device(device, .modelCreate), tag: Building.tag(tag),
                batching: try batching(options), inputNames: inputNames, outputNames: outputNames,
                bytes: try Building.bytes(bytes.start, count: bytes.count, .modelCreate))
            return unsafe Shared.give(try Building.build(definition, .modelCreate))
        }
    }

    /// The rules of `AI.MODELSTORE`.
    private static func batching(_ options: RAI_ModelOpts) throws(APIFailure) -> BatchSettings {
        guard options.batchsize >= 0 else { throw APIFailure(.modelCreate, .invalidBatchSize) }
        guard options.minbatchsize >= 0 else { throw APIFailure(.modelCreate, .invalidMinimumBatchSize) }
        guard options.minbatchtimeout >= 0 else {
            throw APIFailure(.modelCreate, .invalidMinimumBatchTimeout)
        }
        guard options.minbatchsize == 0 || options.batchsize > 0 else {
            throw APIFailure(.modelCreate, .minimumBatchSizeWithoutBatchSize)
        }
        guard options.minbatchtimeout == 0 || options.minbatchsize > 0 else {
            throw APIFailure(.modelCreate, .minimumBatchTimeoutWithoutMinimumBatchSize)
        }
        guard options.minbatchsize <= options.batchsize else {
            throw APIFailure(.modelCreate, .minimumBatchSizeTooLarge)
        }
        return BatchSettings(
            maximumSize: options.batchsize, minimumSize: options.minbatchsize,
            minimumTimeoutMilliseconds: options.minbatchtimeout)
    }

    private static func release(_ model: OpaquePointer?, _ error: OpaquePointer?) {
        // There is nothing to be done about NULL.
        guard unsafe model != nil, unsafe !Shared.release(model) else { return }
        unsafe ErrorFunctions.report(.notA("model", .modelFree), to: error)
    }

    private static func find(
        _ context: OpaquePointer?, _ name: OpaquePointer?, _ place: UnsafeMutablePointer<OpaquePointer?>?,
        _ error: OpaquePointer?
    ) -> Int32 {
        unsafe ErrorFunctions.status(of: error) { () throws(APIFailure) in
            try unsafe KeyLookup.find(
                name, in: context, ModuleState.current.models, orElse: .modelMissing, .modelRun, place)
        }
    }

    private static func save(
        _ model: OpaquePointer?, _ place: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
        _ length: UnsafeMutablePointer<Int>?, _ error: OpaquePointer?
    ) -> Int32 {
        unsafe ErrorFunctions.status(of: error) { () throws(APIFailure) in
            guard let model = unsafe Shared.at(model), let place = unsafe place, let length = unsafe length
            else { throw .invalidArguments(.modelSerialize) }
            let bytes = model.definition.bytes
            guard let block = unsafe ServerMemory.allocate(max(1, bytes.count)) else {
                throw .outOfMemory(.modelSerialize)
            }
            bytes.withBytes { span in
                unsafe span.withUnsafeBytes { raw in
                    // Safety: the block has room for them.
                    if let start = raw.baseAddress { unsafe _ = memcpy(block, start, raw.count) }
                }
            }
            unsafe place.pointee = block.assumingMemoryBound(to: CChar.self)
            unsafe length.pointee = bytes.count
        }
    }

    // MARK: Runs

    private static func makeContext(_ model: OpaquePointer?) -> OpaquePointer? {
        guard let model = unsafe Shared.at(model) else { return nil }
        return unsafe Handles.modelRun.make(RunContext(.model(model)))
    }

    private static func addInput(_ handle: OpaquePointer?, _ tensor: OpaquePointer?) -> Int32 {
        unsafe RunFunctions.change(handle, Handles.modelRun) { context in
            guard let tensor = unsafe SharedObject<Tensor>.at(tensor) else { return false }
            context.addInput(tensor)
            return true
        }
    }

    private static func addOutput(_ handle: OpaquePointer?) -> Int32 {
        unsafe RunFunctions.change(handle, Handles.modelRun) { context in
            context.addOutput()
            return true
        }
    }

    private static func run(
        _ list: UnsafeMutablePointer<OpaquePointer?>?, _ count: Int, _ error: OpaquePointer?
    ) -> Int32 {
        unsafe ErrorFunctions.status(of: error) { () throws(APIFailure) in
            guard count > 0, let list = unsafe list else { throw .nothingToRun(.modelRun) }
            var contexts: [RunContext] = []
            for index in 0..<count {
                guard let context = unsafe Handles.modelRun.content(list[index]) else {
                    throw .notA("run context", .modelRun)
                }
                contexts.append(context)
            }
            try RunFunctions.run(contexts, .modelRun)
        }
    }
}
