import Glibc

/// Texts as C programs take them: a list of pointers that ends with a null.
@safe
struct CStrings: ~Copyable {
    private let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    /// Without the part from a NUL on, if there is one.
    init(_ texts: [String]) {
        count = texts.count
        // Safety: the list and its texts are freed by `deinit` only.
        unsafe pointers = .allocate(capacity: texts.count + 1)
        for (index, text) in texts.enumerated() { unsafe (pointers + index).initialize(to: strdup(text)) }
        unsafe (pointers + count).initialize(to: nil)
    }

    deinit {
        for index in 0..<count { unsafe free(pointers[index]) }
        unsafe pointers.deallocate()
    }

    /// Calls `body` with the list, which is valid for the call.
    func withPointers<Result>(
        _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        unsafe body(UnsafePointer(pointers))
    }
}
