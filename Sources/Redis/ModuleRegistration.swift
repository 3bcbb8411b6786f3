import CRedisModule

extension RedisContext {
    /// The first thing in OnLoad: finds the server's calls and names the module.
    ///
    /// - Parameter pointer: the context that the server gave to OnLoad.
    /// - Returns: false if this server cannot carry the module; a log line says why where it can be written.
    public static func attach(
        _ pointer: OpaquePointer, moduleName: StaticString, version: Int
    ) -> Bool {
        var missing: UnsafePointer<CChar>?
        guard unsafe redis_resolve(pointer, &missing) == REDIS_OK else { return false }
        guard unsafe redis_IsModuleNameBusy(moduleName.cString) == 0 else { return false }
        unsafe redis_SetModuleAttribs(pointer, moduleName.cString, Int32(version), Int32(REDIS_API_VERSION))
        unsafe redis_keep_ok(pointer)
        // A short read while loading is an error of the value, not the end of the server.
        let options = REDIS_OPTION_HANDLE_IO_ERRORS | REDIS_OPTION_HANDLE_ASYNC_LOAD
        unsafe redis_SetModuleOptions(pointer, Int32(options))
        return true
    }

    /// The server's version: major, minor, patch.
    public static var serverVersion: (Int, Int, Int) {
        let number = Int(redis_GetServerVersion())
        return (number >> 16, (number >> 8) & 0xFF, number & 0xFF)
    }

    /// The folder of the module's file; `.` if the system does not tell.
    public static var moduleFolder: String {
        // Safety: static text of the dynamic linker.
        guard let file = unsafe redis_module_file() else { return "." }
        let path = unsafe String(cString: file)
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return String(path[..<slash])
    }

    /// The commit that the module was built from.
    public static var moduleCommit: String { unsafe String(cString: redis_module_commit()) }

    /// Has `INFO` ask for our sections.
    public func registerInfo(_ function: @convention(c) (OpaquePointer, Int32) -> Void) -> Bool {
        unsafe redis_RegisterInfoFunc(pointer, function) == REDIS_OK
    }

    /// Offers a function to other modules; in OnLoad only.
    ///
    /// - Parameter name: kept by the server, so it must live as long as the process.
    /// - Returns: false if there is one of this name already.
    public func export(_ function: UnsafeMutableRawPointer, as name: UnsafePointer<CChar>) -> Bool {
        unsafe redis_ExportSharedAPI(pointer, name, function) == REDIS_OK
    }
}
