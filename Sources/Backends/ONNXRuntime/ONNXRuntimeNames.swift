import Glibc

/// Names as the runtime takes them for a run: a table of C strings that lives as long as this value.
@safe
struct ONNXRuntimeNames: ~Copyable, @unchecked Sendable {
    /// The strings, in the given order.
    let table: UnsafeMutablePointer<UnsafePointer<CChar>>
    private let count: Int

    init(_ names: [[UInt8]]) {
        count = names.count
        // Safety: the table has room for all names, and at least one; each is copied with its end.
        unsafe table = .allocate(capacity: max(names.count, 1))
        for (index, name) in names.enumerated() {
            let copy = UnsafeMutablePointer<CChar>.allocate(capacity: name.count + 1)
            for (offset, byte) in name.enumerated() { unsafe copy[offset] = CChar(bitPattern: byte) }
            unsafe copy[name.count] = 0
            unsafe (table + index).initialize(to: UnsafePointer(copy))
        }
    }

    deinit {
        // Safety: made above, and nobody else keeps them.
        for index in 0..<count { unsafe table[index].deallocate() }
        unsafe table.deallocate()
    }
}
