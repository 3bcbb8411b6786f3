import CSharedAPI

/// Pointers to what keys hold as well, tensors, models and scripts: the objects themselves.
///
/// That lets other modules put them into keys and take them from there. So their references are counted by
/// who has a pointer, and one too many given back cannot be told.
enum SharedObject<Object: AnyObject> {
    /// The object; nil for what is of another class.
    static func at(_ pointer: OpaquePointer?) -> Object? {
        // Safety: of what may be something else, only the first word is looked at.
        let identity = UInt(bitPattern: ObjectIdentifier(Object.self))
        guard let pointer = unsafe pointer, unsafe shared_object_is(pointer, identity) else { return nil }
        return unsafe Unmanaged<Object>.fromOpaque(UnsafeRawPointer(pointer)).takeUnretainedValue()
    }

    /// A pointer without a reference: valid as long as somebody else holds the object.
    static func lend(_ object: Object) -> OpaquePointer {
        unsafe OpaquePointer(Unmanaged.passUnretained(object).toOpaque())
    }

    /// A pointer with a reference, to be given back by `release`.
    static func give(_ object: Object) -> OpaquePointer {
        unsafe OpaquePointer(Unmanaged.passRetained(object).toOpaque())
    }

    /// The same pointer with another reference; nil for what is of another class.
    static func share(_ pointer: OpaquePointer?) -> OpaquePointer? {
        unsafe at(pointer).map { unsafe give($0) }
    }

    /// Gives a reference back.
    /// - Returns: false for what is of another class.
    @discardableResult
    static func release(_ pointer: OpaquePointer?) -> Bool {
        guard let object = unsafe at(pointer) else { return false }
        // Safety: the caller gives back a reference of its own; `object` is another.
        unsafe Unmanaged.passUnretained(object).release()
        return true
    }

    /// Whether nobody but the holder of this pointer has a reference.
    static func isUnshared(_ pointer: OpaquePointer?) -> Bool {
        guard unsafe at(pointer) != nil, var pointer = unsafe pointer else { return false }
        // Safety: the pointer is what a variable of the class would hold.
        return unsafe withUnsafeMutablePointer(to: &pointer) { place in
            unsafe place.withMemoryRebound(to: Object.self, capacity: 1) { object in
                unsafe isKnownUniquelyReferenced(&object.pointee)
            }
        }
    }
}
