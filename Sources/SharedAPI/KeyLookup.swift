import CSharedAPI
import Commands
import Keyspace
import Redis

/// What keys hold, for other modules.
enum KeyLookup {
    /// Puts a pointer to the value of a key, without a reference, into the caller's variable.
    ///
    /// - Parameters:
    ///   - missing: the words for a key that holds nothing.
    ///   - code: the number for all other failures.
    static func find<Value: StoredValue>(
        _ name: OpaquePointer?, in context: OpaquePointer?, _ type: ModuleType<Value>,
        orElse missing: CommandError, _ code: APIFailure.Code,
        _ place: UnsafeMutablePointer<OpaquePointer?>?
    ) throws(APIFailure) {
        guard let name = unsafe name, let context = unsafe context, let place = unsafe place else {
            throw .invalidArguments(code)
        }
        // Safety: the server's, which the caller has for this call.
        let server = unsafe RedisContext(context)
        let value: Value?
        do throws(WrongType) { value = try unsafe server.read(Argument(name)).value(type) } catch {
            throw APIFailure(code, .wrongType)
        }
        guard let value else { throw APIFailure(.keyEmpty, missing) }
        unsafe place.pointee = SharedObject<Value>.lend(value)
    }
}
