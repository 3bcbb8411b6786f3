import Glibc

/// Bytes and texts that other modules hand in.
enum CBytes {
    /// A copy of a text without its NUL; nil for NULL.
    static func text(_ text: UnsafePointer<CChar>?) -> [UInt8]? {
        guard let text = unsafe text else { return nil }
        // Safety: the caller's text ends with a NUL.
        return unsafe bytes(text, count: Int(strlen(text)))
    }

    /// A copy of bytes; nil for NULL with a count, or for a count that cannot be.
    static func bytes(_ start: UnsafePointer<CChar>?, count: Int) -> [UInt8]? {
        guard count >= 0 else { return nil }
        guard let start = unsafe start else { return count == 0 ? [] : nil }
        return unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: count))
    }

    /// Copies of texts; nil if one of them is NULL.
    static func texts(_ list: UnsafeMutablePointer<UnsafePointer<CChar>?>?, count: Int) -> [[UInt8]]? {
        guard count > 0 else { return count == 0 ? [] : nil }
        guard let list = unsafe list else { return nil }
        var texts: [[UInt8]] = []
        for index in 0..<count {
            guard let text = unsafe text(list[index]) else { return nil }
            texts.append(text)
        }
        return texts
    }

    /// The objects of a list of pointers; nil if one of them is not of the class.
    static func objects<Object: AnyObject>(
        _ list: UnsafeMutablePointer<OpaquePointer?>?, count: Int, of type: Object.Type
    ) -> [Object]? {
        guard count > 0 else { return count == 0 ? [] : nil }
        guard let list = unsafe list else { return nil }
        var objects: [Object] = []
        for index in 0..<count {
            guard let object = unsafe SharedObject<Object>.at(list[index]) else { return nil }
            objects.append(object)
        }
        return objects
    }
}
