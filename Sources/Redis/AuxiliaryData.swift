import CRedisModule

/// Data of the module that belong to no key, in RDB files: one kind. Main thread, or a forked child that
/// saves.
public enum AuxiliaryData {
    /// What the server calls.
    public struct Methods {
        /// Reads what `save` has written.
        let load: (borrowing RDBReader, _ encodingVersion: Int) throws(RDBError) -> Void
        let save: (borrowing RDBWriter) -> Void
        /// Whether there is anything to save; asked where the server can leave it out (7.2).
        let isNeeded: () -> Bool

        public init(
            load: @escaping (borrowing RDBReader, _ encodingVersion: Int) throws(RDBError) -> Void,
            save: @escaping (borrowing RDBWriter) -> Void, isNeeded: @escaping () -> Bool
        ) {
            self.load = load
            self.save = save
            self.isNeeded = isNeeded
        }
    }

    // Safety: written in OnLoad, before the server calls anything of it.
    nonisolated(unsafe) private static var methods: Methods?

    /// Registers the kind; in OnLoad only, once.
    ///
    /// - Parameters:
    ///   - name: nine characters.
    ///   - isSaved: whether files are to have it. Servers before 7.2 write it even if there is nothing in it,
    ///     and nobody without this module can read such a file.
    /// - Returns: false if the server refuses.
    public static func register(
        _ name: StaticString, encodingVersion: Int, _ methods: Methods, isSaved: Bool,
        in context: borrowing RedisContext
    ) -> Bool {
        unsafe self.methods = methods
        var table = unsafe redis_type_methods()
        unsafe table.version = UInt64(REDIS_TYPE_METHODS_VERSION)
        // There are no values of this type.
        unsafe table.rdb_load = { _, _ in nil }
        unsafe table.rdb_save = { _, _ in }
        unsafe table.free = { _ in }
        unsafe table.aux_load = { io, version, _ in unsafe AuxiliaryData.load(io, Int(version)) }
        if isSaved {
            unsafe table.aux_save_triggers = Int32(REDIS_AUXILIARY_BEFORE_KEYS)
            unsafe table.aux_save = { io, _ in unsafe AuxiliaryData.methods?.save(RDBWriter(io)) }
            unsafe table.aux_save2 = { io, _ in unsafe AuxiliaryData.saveIfNeeded(io) }
        }
        return unsafe redis_CreateDataType(
            context.pointer, name.cString, Int32(encodingVersion), &table) != nil
    }

    private static func saveIfNeeded(_ io: OpaquePointer) {
        guard let methods = unsafe methods, methods.isNeeded() else { return }
        methods.save(unsafe RDBWriter(io))
    }

    private static func load(_ io: OpaquePointer, _ version: Int) -> Int32 {
        guard let methods = unsafe methods else { return Int32(REDIS_ERR) }
        do throws(RDBError) {
            try methods.load(unsafe RDBReader(io), version)
            return Int32(REDIS_OK)
        } catch {
            Log.warning("sessions of flows cannot be loaded: \(error)")
            return Int32(REDIS_ERR)
        }
    }
}
