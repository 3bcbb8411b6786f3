import CRedisModule

/// A setting of the module that the server shows and changes as one of its own: in `CONFIG GET`, `CONFIG
/// SET`, `CONFIG REWRITE`, its file, and `MODULE LOADEX`. From Redis 7.0 on; all on the main thread.
@safe
public struct ServerSetting {
    public enum Access {
        /// - isByteCount: may also be given as `1mb`.
        case number(
            ClosedRange<Int>, isByteCount: Bool, get: () -> Int, set: (Int) -> Void)
        /// `yes` or `no`.
        case flag(get: () -> Bool, set: (Bool) -> Void)
        case text(get: () -> String, set: (String) -> Void)
    }

    let name: String
    let isFixed: Bool
    let access: Access

    /// - Parameters:
    ///   - name: in lower case; the server puts the module's name and a point before it.
    ///   - isFixed: cannot change once the module is loaded.
    ///   - access: what the getter returns when the setting is registered is its default.
    public init(name: String, isFixed: Bool, access: Access) {
        self.name = name
        self.isFixed = isFixed
        self.access = access
    }

    // Safety of both: filled in OnLoad, and used on the main thread only.
    nonisolated(unsafe) private static var registered: [ServerSetting] = []
    /// The text that was shown last; the server copies it before it asks for another.
    nonisolated(unsafe) private static var shownText: OpaquePointer?

    /// Registers the settings, then sets those that the server's file or `MODULE LOADEX` has a line for.
    ///
    /// - Returns: false if the server refuses one, or the value in a line; its log says which.
    static func load(_ settings: [ServerSetting], in context: OpaquePointer) -> Bool {
        unsafe registered = settings
        for index in settings.indices {
            guard unsafe settings[index].register(as: index, in: context) == REDIS_OK else { return false }
        }
        return unsafe redis_LoadConfigs(context) == REDIS_OK
    }

    private func register(as index: Int, in context: OpaquePointer) -> Int32 {
        // The server hands it back to the functions below; never followed.
        let data = unsafe UnsafeMutableRawPointer(bitPattern: index + 1)
        let flags = UInt32(isFixed ? REDIS_SETTING_IMMUTABLE : 0)
        switch access {
        case .number(let range, let isByteCount, let get, _):
            return unsafe redis_RegisterNumericConfig(
                context, name, Int64(get()), flags | UInt32(isByteCount ? REDIS_SETTING_MEMORY : 0),
                Int64(range.lowerBound), Int64(range.upperBound),
                { _, data in unsafe Int64(ServerSetting.at(data).number) },
                { _, value, data, _ in unsafe ServerSetting.at(data).set(Int(value)) }, nil, data)
        case .flag(let get, _):
            return unsafe redis_RegisterBoolConfig(
                context, name, get() ? 1 : 0, flags,
                { _, data in unsafe ServerSetting.at(data).flag ? 1 : 0 },
                { _, value, data, _ in unsafe ServerSetting.at(data).set(value != 0) }, nil, data)
        case .text(let get, _):
            return unsafe redis_RegisterStringConfig(
                context, name, get(), flags, { _, data in unsafe ServerSetting.at(data).shown },
                { _, value, data, _ in unsafe ServerSetting.at(data).set(Argument(value).text) }, nil, data)
        }
    }

    private static func at(_ data: UnsafeMutableRawPointer?) -> ServerSetting {
        unsafe registered[Int(bitPattern: data) - 1]
    }

    private var number: Int {
        guard case .number(_, _, let get, _) = access else { return 0 }
        return get()
    }

    private var flag: Bool {
        guard case .flag(let get, _) = access else { return false }
        return get()
    }

    private var shown: OpaquePointer? {
        guard case .text(let get, _) = access else { return nil }
        // Safety: strings of our own; the one before was copied by the server long ago.
        if let old = unsafe Self.shownText { unsafe redis_FreeString(nil, old) }
        var text = get()
        unsafe Self.shownText = text.withUTF8 { bytes in
            let start = unsafe UnsafeRawPointer(bytes.baseAddress)?.assumingMemoryBound(to: CChar.self)
            return unsafe redis_CreateString(nil, start, bytes.count)
        }
        return unsafe Self.shownText
    }

    private func set(_ value: Int) -> Int32 {
        guard case .number(_, _, _, let set) = access else { return Int32(REDIS_ERR) }
        set(value)
        return Int32(REDIS_OK)
    }

    private func set(_ value: Bool) -> Int32 {
        guard case .flag(_, let set) = access else { return Int32(REDIS_ERR) }
        set(value)
        return Int32(REDIS_OK)
    }

    private func set(_ value: String) -> Int32 {
        guard case .text(_, let set) = access else { return Int32(REDIS_ERR) }
        set(value)
        return Int32(REDIS_OK)
    }
}

extension RedisContext {
    /// Makes settings of the module settings of the server, where it can (7.0); in OnLoad only, once.
    ///
    /// Lines of the server's file are read here, so the setters have been called when this returns.
    /// - Returns: false if the server refuses a setting or the value in a line; its log says which.
    public func load(_ settings: [ServerSetting]) -> Bool {
        guard redis_has_LoadConfigs() else { return true }
        return unsafe ServerSetting.load(settings, in: pointer)
    }
}
