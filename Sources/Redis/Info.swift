import CRedisModule

/// Adds sections and fields to the server's `INFO`; also runs while a crash report is written.
@safe
public struct InfoWriter: ~Copyable {
    private let pointer: OpaquePointer

    /// - Parameter pointer: the server's, valid during the call.
    public init(_ pointer: OpaquePointer) { unsafe self.pointer = pointer }

    /// For a callback in C.
    public var rawPointer: UnsafeMutableRawPointer { unsafe UnsafeMutableRawPointer(pointer) }

    /// Adds a field without allocating memory of ours.
    /// - Parameter info: a writer's `rawPointer`, valid during the server's call.
    public static func addField(
        _ info: UnsafeMutableRawPointer, _ name: UnsafePointer<CChar>, _ text: UnsafePointer<CChar>
    ) {
        _ = unsafe redis_InfoAddFieldCString(OpaquePointer(info), name, text)
    }

    public func section(_ name: StaticString) { _ = unsafe redis_InfoAddSection(pointer, name.cString) }

    public func field(_ name: String, _ text: String) {
        _ = unsafe name.withCString { name in
            unsafe text.withCString { unsafe redis_InfoAddFieldCString(pointer, name, $0) }
        }
    }

    public func field(_ name: String, _ number: Int) {
        _ = unsafe name.withCString { unsafe redis_InfoAddFieldLongLong(pointer, $0, Int64(number)) }
    }
}
