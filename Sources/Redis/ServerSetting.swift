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
        /// One of the names, by its index.
        case choice([StaticString], get: () -> Int, set: (Int) -> Void)
        case text(get: () -> String, set: (String) -> Void)
    }

    /// Who may change it once the module is loaded.
    public enum Change: Sendable {
        /// Who may change settings of the server.
        case free
        /// The same, where the server's `enable-protected-configs` allows it, as for its `dir`.
        case protected
        case never

        fileprivate var flags: UInt32 {
            switch self {
            case .free: 0
            case .protected: UInt32(REDIS_SETTING_PROTECTED)
            case .never: UInt32(REDIS_SETTING_IMMUTABLE)
            }
        }
    }

    let name: String
    let change: Change
    let access: Access

    /// - Parameters:
    ///   - name: in lower case; the server puts the module's name and a point before it.
    ///   - change: who may change it once the module is loaded.
    ///   - access: what the getter returns when the setting is registered is its default.
    public init(name: String, change: Change, access: Access) {
        self.name = name
        self.change = change
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
        let flags = change.flags
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
        case .choice(let names, let get, _):
            let values = names.indices.map { Int32($0) }
            // Safety: the server copies the names and numbers before it returns.
            var texts = unsafe names.map { unsafe $0.cString }
            return unsafe redis_RegisterEnumConfig(
                context, name, Int32(get()), flags, &texts, values, Int32(names.count),
                { _, data in unsafe Int32(ServerSetting.at(data).number) },
                { _, value, data, _ in unsafe ServerSetting.at(data).set(Int(value)) }, nil, data)
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
        switch access {
        case .number(_, _, let get, _), .choice(_, let get, _): get()
        default: 0
        }
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
        switch access {
        case .number(_, _, _, let set), .choice(_, _, let set): set(value)
        default: return Int32(REDIS_ERR)
        }
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
