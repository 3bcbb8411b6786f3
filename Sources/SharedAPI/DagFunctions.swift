import CSharedAPI
import Commands
import Execution
import Keyspace
import Redis
import Tensors

/// The functions for DAGs.
enum DagFunctions {
    private typealias Own = DagFunctions

    static func fill(_ table: inout shared_functions) {
        unsafe table.DAGRunCtxCreate = { unsafe Handles.dag.make(DagContext()) }
        unsafe table.DAGCreateModelRunOp = { unsafe Own.makeStep($0) }
        unsafe table.DAGCreateScriptRunOp = { unsafe Own.makeStep($0, $1) }
        unsafe table.DAGRunOpAddInput = { unsafe Own.addName($0, $1, isInput: true) }
        unsafe table.DAGRunOpAddOutput = { unsafe Own.addName($0, $1, isInput: false) }
        unsafe table.DAGRunOpAddKey = { unsafe Own.addWord($0, $1, $2, isKey: true) }
        unsafe table.DAGRunOpAddArg = { unsafe Own.addWord($0, $1, $2, isKey: false) }
        unsafe table.DAGAddRunOp = { unsafe Own.add($0, $1, $2) }
        unsafe table.DAGLoadTensor = { unsafe Own.load($0, $1, $2) }
        unsafe table.DAGAddTensorSet = { unsafe Own.set($0, $1, $2) }
        unsafe table.DAGAddTensorGet = { unsafe Own.get($0, $1) }
        unsafe table.DAGAddOpsFromString = { unsafe Own.add($0, text: $1, $2) }
        unsafe table.DAGNumOps = { unsafe Handles.dag.content($0)?.operations.count ?? 0 }
        unsafe table.DAGRun = { unsafe Own.start($0, 0, $1, $2, nil, $3) }
        unsafe table.DAGRunStart = { unsafe Own.start($0, $1, $2, $3, $4, $5) }
        unsafe table.DAGNumOutputs = { unsafe Own.ended($0)?.outputs.count ?? 0 }
        unsafe table.DAGOutputTensor = { unsafe Own.output($0, $1) }
        unsafe table.DAGRunError = { unsafe Own.ended($0)?.failure == nil ? 0 : 1 }
        unsafe table.DAGGetError = { unsafe Own.ended($0)?.error }
        unsafe table.DAGRunOpFree = { _ = unsafe Handles.operation.end($0) }
        unsafe table.DAGFree = { unsafe Own.free($0) }
    }

    /// A DAG that may be changed.
    private static func open(_ dag: OpaquePointer?) -> DagContext? {
        guard let context = unsafe Handles.dag.content(dag), context.isOpen else { return nil }
        return context
    }

    /// A DAG whose run is over.
    private static func ended(_ dag: OpaquePointer?) -> DagContext? {
        guard let context = unsafe Handles.dag.content(dag), context.hasEnded else { return nil }
        return context
    }

    private static func free(_ dag: OpaquePointer?) {
        guard let context = unsafe Handles.dag.content(dag), !context.runs else { return }
        unsafe Handles.dag.end(dag)
    }

    // MARK: Operations

    private static func makeStep(_ model: OpaquePointer?) -> OpaquePointer? {
        guard let model = unsafe SharedObject<Model>.at(model) else { return nil }
        return unsafe Handles.operation.make(DagStep(.model(model)))
    }

    private static func makeStep(
        _ script: OpaquePointer?, _ function: UnsafePointer<CChar>?
    ) -> OpaquePointer? {
        guard let script = unsafe SharedObject<Script>.at(script),
            let function = unsafe CBytes.text(function)
        else { return nil }
        return unsafe Handles.operation.make(DagStep(.script(script, function: function)))
    }

    private static func addName(
        _ handle: OpaquePointer?, _ name: UnsafePointer<CChar>?, isInput: Bool
    ) -> Int32 {
        guard let step = unsafe Handles.operation.content(handle), let name = unsafe CBytes.text(name) else {
            return Status.failure
        }
        if isInput { step.addInput(name) } else { step.addOutput(name) }
        return Status.success
    }

    private static func addWord(
        _ handle: OpaquePointer?, _ start: UnsafePointer<CChar>?, _ count: Int, isKey: Bool
    ) -> Int32 {
        guard let step = unsafe Handles.operation.content(handle), step.isScript,
            let word = unsafe CBytes.bytes(start, count: count)
        else { return Status.failure }
        if isKey { step.addKey(word) } else { step.addArgument(word) }
        return Status.success
    }

    private static func add(
        _ dag: OpaquePointer?, _ handle: OpaquePointer?, _ error: OpaquePointer?
    ) -> Int32 {
        unsafe ErrorFunctions.status(of: error) { () throws(APIFailure) in
            guard let context = unsafe open(dag), let step = unsafe Handles.operation.content(handle) else {
                throw .invalidArguments(.dagBuilder)
            }
            let operation = try step.operation()
            // It belongs to the DAG now.
            guard unsafe Handles.operation.end(handle) != nil else {
                throw .invalidArguments(.dagBuilder)
            }
            context.add([operation])
        }
    }

    private static func load(
        _ dag: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ tensor: OpaquePointer?
    ) -> Int32 {
        guard let context = unsafe open(dag), let name = unsafe CBytes.text(name),
            let tensor = unsafe SharedObject<Tensor>.at(tensor), context.load(name, tensor)
        else { return Status.failure }
        return Status.success
    }

    private static func set(
        _ dag: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ tensor: OpaquePointer?
    ) -> Int32 {
        guard let context = unsafe open(dag), let name = unsafe CBytes.text(name),
            let tensor = unsafe SharedObject<Tensor>.at(tensor)
        else { return Status.failure }
        context.add([.set(name: name, tensor)])
        return Status.success
    }

    private static func get(_ dag: OpaquePointer?, _ name: UnsafePointer<CChar>?) -> Int32 {
        guard let context = unsafe open(dag), let name = unsafe CBytes.text(name) else {
            return Status.failure
        }
        context.add([.get(name: name)])
        return Status.success
    }

    private static func add(
        _ dag: OpaquePointer?, text: UnsafePointer<CChar>?, _ error: OpaquePointer?
    ) -> Int32 {
        unsafe ErrorFunctions.status(of: error) { () throws(APIFailure) in
            guard let context = unsafe open(dag), let text = unsafe CBytes.text(text) else {
                throw .invalidArguments(.dagBuilder)
            }
            context.add(try operations(text))
        }
    }

    private static func operations(_ text: [UInt8]) throws(APIFailure) -> [DagFragment.Operation] {
        let words = text.split(separator: UInt8(ascii: " ")).map { Array($0) }
        guard let first = words.first, DagFragment.isBegun(by: first) else { throw .dagBegin }
        let read = DetachedContext.with { context -> Result<[DagFragment.Operation], CommandError> in
            do throws(CommandError) {
                return .success(try DagFragment.operations(words, in: context))
            } catch {
                return .failure(error)
            }
        }
        guard let read else { throw .invalidArguments(.dagBuilder) }
        do throws(CommandError) { return try read.get() } catch { throw APIFailure(.dagBuilder, error) }
    }

    // MARK: The run

    private static func start(
        _ dag: OpaquePointer?, _ milliseconds: Int64, _ finish: RAI_OnFinishCB?,
        _ privateData: UnsafeMutableRawPointer?, _ run: UnsafeMutablePointer<OpaquePointer?>?,
        _ error: OpaquePointer?
    ) -> Int32 {
        unsafe ErrorFunctions.status(of: error) { () throws(APIFailure) in
            guard let dag = unsafe dag, let context = unsafe Handles.dag.content(dag) else {
                throw .notA("DAG", .dagRun)
            }
            let wiring = try context.plan()
            try unsafe StartedRun.start(
                .dag(context, wiring, dag), deadline: Int(milliseconds), finish, privateData, run)
        }
    }

    private static func output(_ dag: OpaquePointer?, _ index: Int) -> OpaquePointer? {
        guard let context = unsafe ended(dag), context.outputs.indices.contains(index) else { return nil }
        // Safety: the DAG holds it.
        return unsafe context.outputs[index].map { unsafe SharedObject<Tensor>.lend($0) }
    }
}
