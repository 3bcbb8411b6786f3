import Execution
import Redis
import Tensors

/// Registers our value types: here, and only here, each callback is a line per type.
public enum KeyspaceTypes {
    /// In OnLoad only; nil if the server refuses.
    public static func registerTensors(_ context: borrowing RedisContext) -> ModuleType<Tensor>? {
        typealias Callbacks = StoredValueCallbacks<Tensor>
        // Safety: the server passes live pointers, and values only of this type.
        let methods = unsafe StoredValueMethods(
            load: { unsafe Callbacks.load($0, $1) }, save: { unsafe Callbacks.save($0, $1) },
            rewrite: { unsafe Callbacks.rewrite($0, $1, $2) }, digest: { unsafe Callbacks.digest($0, $1) },
            memoryUsage: { unsafe Callbacks.memoryUsage($0) },
            freeEffort: { unsafe Callbacks.freeEffort($1) }, free: { unsafe Callbacks.free($0) },
            copy: { unsafe Callbacks.copy($1, $2) },
            copyBetweenDatabases: { unsafe Callbacks.copyBetweenDatabases($0, $1) })
        return ModuleType(context, methods)
    }

    /// In OnLoad only; nil if the server refuses.
    public static func registerModels(_ context: borrowing RedisContext) -> ModuleType<Model>? {
        typealias Callbacks = StoredValueCallbacks<Model>
        // Safety: as above.
        let methods = unsafe StoredValueMethods(
            load: { unsafe Callbacks.load($0, $1) }, save: { unsafe Callbacks.save($0, $1) },
            rewrite: { unsafe Callbacks.rewrite($0, $1, $2) }, digest: { unsafe Callbacks.digest($0, $1) },
            memoryUsage: { unsafe Callbacks.memoryUsage($0) },
            freeEffort: { unsafe Callbacks.freeEffort($1) }, free: { unsafe Callbacks.free($0) },
            copy: { unsafe Callbacks.copy($1, $2) },
            copyBetweenDatabases: { unsafe Callbacks.copyBetweenDatabases($0, $1) })
        return ModuleType(context, methods)
    }

    /// In OnLoad only; nil if the server refuses.
    public static func registerScripts(_ context: borrowing RedisContext) -> ModuleType<Script>? {
        typealias Callbacks = StoredValueCallbacks<Script>
        // Safety: as above.
        let methods = unsafe StoredValueMethods(
            load: { unsafe Callbacks.load($0, $1) }, save: { unsafe Callbacks.save($0, $1) },
            rewrite: { unsafe Callbacks.rewrite($0, $1, $2) }, digest: { unsafe Callbacks.digest($0, $1) },
            memoryUsage: { unsafe Callbacks.memoryUsage($0) },
            freeEffort: { unsafe Callbacks.freeEffort($1) }, free: { unsafe Callbacks.free($0) },
            copy: { unsafe Callbacks.copy($1, $2) },
            copyBetweenDatabases: { unsafe Callbacks.copyBetweenDatabases($0, $1) })
        return ModuleType(context, methods)
    }
}
