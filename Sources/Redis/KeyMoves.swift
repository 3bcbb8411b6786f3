import CRedisModule

/// Tells when values get to another place without being stored anew: another name, or another database. Has
/// `KeyDepartures` told of keys that get a time to live.
///
/// Main thread only.
public enum KeyMoves {
    public typealias Handler = (borrowing RedisContext, Argument) -> Void

    // Safety: written in OnLoad, read on the main thread only.
    nonisolated(unsafe) private static var moved: Handler?

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
        let isTold = ServerEvents.install(.databasesSwapped, context) { _ in swapped() }
        // Called for each command of this class, DEL and EXPIRE among them.
        let isNotified = unsafe redis_SubscribeToKeyspaceEvents(context.pointer, Int32(REDIS_NOTIFY_GENERIC))
        {
            unsafe KeyMoves.notify($0, $2, $3)
        }
        return isTold && isNotified == REDIS_OK
    }

    private static func notify(
        _ context: OpaquePointer, _ event: UnsafePointer<CChar>, _ key: OpaquePointer
    ) -> Int32 {
        // Safety: the server passes a text that ends, and all of it is valid during the call.
        let name = unsafe String(cString: event)
        if name == "rename_to" || name == "move_to" {
            unsafe moved?(RedisContext(context), Argument(key))
        } else if name == "expire", KeyDepartures.areWanted {
            unsafe KeyDepartures.tell(valueAt: Argument(key), in: RedisContext(context))
        }
        return Int32(REDIS_OK)
    }
}
