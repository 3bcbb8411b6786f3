import CSharedAPI
import Commands
import Execution
import Glibc
import Keyspace
import Tensors

/// The functions for scripts and their runs.
enum ScriptFunctions {
    private typealias Shared = SharedObject<Script>
    private typealias Own = ScriptFunctions

    static func fill(_ table: inout shared_functions) {
        unsafe table.ScriptCreate = { unsafe Own.create($0, $1, $2, $3) }
        unsafe table.ScriptFree = { unsafe Own.release($0, $1) }
        unsafe table.ScriptGetShallowCopy = { unsafe Shared.share($0) }
        unsafe table.ScriptRedisType = { unsafe ModuleState.current.scripts.address }
        unsafe table.GetScriptFromKeyspace = { unsafe Own.find($0, $1, $2, $4) }
        unsafe table.ScriptRunCtxCreate = { unsafe Own.makeContext($0, $1) }
        unsafe table.ScriptRunCtxAddInput = { unsafe Own.addInput($0, $1, $2) }
        unsafe table.ScriptRunCtxAddInputList = { unsafe Own.addInputs($0, $1, $2, $3) }
        unsafe table.ScriptRunCtxAddTensorInput = { unsafe Own.addInput($0, $1, nil) }
        unsafe table.ScriptRunCtxAddTensorInputList = { unsafe Own.addInputs($0, $1, $2, nil) }
        unsafe table.ScriptRunCtxAddOutput = { unsafe Own.addOutput($0) }
        unsafe table.ScriptRunCtxAddKey = { unsafe Own.addWord($0, $1, $2, isKey: true) }
        unsafe table.ScriptRunCtxAddArg = { unsafe Own.addWord($0, $1, $2, isKey: false) }
        unsafe table.ScriptRunCtxNumOutputs = {
            unsafe RunFunctions.context($0, Handles.scriptRun)?.outputCount ?? 0
        }
        unsafe table.ScriptRunCtxOutputTensor = { unsafe RunFunctions.output($0, Handles.scriptRun, $1) }
        unsafe table.ScriptRunCtxFree = { unsafe RunFunctions.free($0, Handles.scriptRun) }
        unsafe table.ScriptRun = { unsafe Own.run($0, $1) }
        unsafe table.ScriptRunAsync = {
            unsafe RunFunctions.start($0, Handles.scriptRun, 0, $1, $2, nil, nil, isModel: false)
        }
        unsafe table.ScriptRunStart = {
            unsafe RunFunctions.start($0, Handles.scriptRun, $1, $2, $3, $4, $5, isModel: false)
        }
        unsafe table.GetAsScriptRunCtx = {
            unsafe RunFunctions.fetch($0, Handles.scriptFinish, orElse: .notAScriptRun, $1)
        }
    }

    private static func create(
        _ device: UnsafeMutablePointer<CChar>?, _ tag: UnsafeMutablePointer<CChar>?,
        _ source: UnsafePointer<CChar>?, _ error: OpaquePointer?
    ) -> OpaquePointer? {
        unsafe ErrorFunctions.reporting(to: error) { () throws(APIFailure) -> OpaquePointer in
            guard let start = unsafe source else { throw .invalidArguments(.scriptCreate) }
            let bytes = try unsafe Building.bytes(start, count: Int(strlen(start)), .scriptCreate)
            let definition = unsafe ScriptDefinition(
                device: try Building.device(device, .scriptCreate), tag: Building.tag(tag), entryPoints: [],
                source: bytes)
            return unsafe Shared.give(try Building.build(definition, .scriptCreate))
        }
    }

    private static func release(_ script: OpaquePointer?, _ error: OpaquePointer?) {
        // There is nothing to be done about NULL.
        guard unsafe script != nil, unsafe !Shared.release(script) else { return }
        unsafe ErrorFunctions.report(.notA("script", .scriptFree), to: error)
    }

    private static func find(
        _ context: OpaquePointer?, _ name: OpaquePointer?, _ place: UnsafeMutablePointer<OpaquePointer?>?,
        _ error: OpaquePointer?
    ) -> Int32 {
        unsafe ErrorFunctions.status(of: error) { () throws(APIFailure) in
            try unsafe KeyLookup.find(
                name, in: context, ModuleState.current.scripts, orElse: .scriptMissing, .scriptRun, place)
        }
    }

    // MARK: Runs

    private static func makeContext(
        _ script: OpaquePointer?, _ function: UnsafePointer<CChar>?
    ) -> OpaquePointer? {
        guard let script = unsafe Shared.at(script), let function = unsafe CBytes.text(function) else {
            return nil
        }
        return unsafe Handles.scriptRun.make(RunContext(.script(script, function: function)))
    }

    private static func addInput(
        _ handle: OpaquePointer?, _ tensor: OpaquePointer?, _ error: OpaquePointer?
    ) -> Int32 {
        var tensor = unsafe tensor
        return unsafe addInputs(handle, &tensor, 1, error)
    }

    private static func addInputs(
        _ handle: OpaquePointer?, _ list: UnsafeMutablePointer<OpaquePointer?>?, _ count: Int,
        _ error: OpaquePointer?
    ) -> Int32 {
        let answer = unsafe RunFunctions.change(handle, Handles.scriptRun) { context in
            guard let tensors = unsafe CBytes.objects(list, count: count, of: Tensor.self) else {
                return false
            }
            for tensor in tensors { context.addInput(tensor) }
            return true
        }
        if answer == Answer.no {
            unsafe ErrorFunctions.report(.invalidArguments(.scriptRun), to: error)
        }
        return answer
    }

    private static func addOutput(_ handle: OpaquePointer?) -> Int32 {
        unsafe RunFunctions.change(handle, Handles.scriptRun) { context in
            context.addOutput()
            return true
        }
    }

    private static func addWord(
        _ handle: OpaquePointer?, _ start: UnsafePointer<CChar>?, _ count: Int, isKey: Bool
    ) -> Int32 {
        unsafe RunFunctions.change(handle, Handles.scriptRun) { context in
            guard let word = unsafe CBytes.bytes(start, count: count) else { return false }
            if isKey { context.addKey(word) } else { context.addArgument(word) }
            return true
        }
    }

    private static func run(_ handle: OpaquePointer?, _ error: OpaquePointer?) -> Int32 {
        unsafe ErrorFunctions.status(of: error) { () throws(APIFailure) in
            guard let context = unsafe Handles.scriptRun.content(handle) else {
                throw .notA("run context", .scriptRun)
            }
            try RunFunctions.run([context], .scriptRun)
        }
    }
}
