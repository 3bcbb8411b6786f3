import CRedisModule

/// Tells when values get to another place without being stored anew: another name, or another database.
///
/// Main thread only.
public enum KeyMoves {
    public typealias Handler = (borrowing RedisContext, Argument) -> Void

    // Safety: written in OnLoad, read on the main thread only.
    nonisolated(unsafe) private static var moved: Handler?
    nonisolated(unsafe) private static var swapped: (() -> Void)?

    /// In OnLoad only.
    ///
    /// - Parameters:
    ///   - moved: called after RENAME and MOVE, with the new key; the context has its database.
    ///   - swapped: called after SWAPDB.
    /// - Returns: false if the server refuses.
    public static func install(
        _ context: borrowing RedisContext, moved: @escaping Handler, swapped: @escaping () -> Void
    ) -> Bool {
        unsafe Self.moved = moved
        unsafe Self.swapped = swapped
        let swap = redis_event(id: UInt64(REDIS_EVENT_SWAPDB), data_version: 1)
        let isTold = unsafe redis_SubscribeToServerEvent(context.pointer, swap) { _, _, _, _ in
            unsafe KeyMoves.swapped?()
        }
        // Called for each command of this class, DEL and EXPIRE among them.
        let isNotified = unsafe redis_SubscribeToKeyspaceEvents(context.pointer, Int32(REDIS_NOTIFY_GENERIC))
        {
            unsafe KeyMoves.notify($0, $2, $3)
        }
        return isTold == REDIS_OK && isNotified == REDIS_OK
    }

    private static func notify(
        _ context: OpaquePointer, _ event: UnsafePointer<CChar>, _ key: OpaquePointer
    ) -> Int32 {
        // Safety: the server passes a text that ends, and all of it is valid during the call.
        let name = unsafe String(cString: event)
        if name == "rename_to" || name == "move_to" {
            unsafe moved?(RedisContext(context), Argument(key))
        }
        return Int32(REDIS_OK)
    }
}
