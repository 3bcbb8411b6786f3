import Synchronization

/// An object that appears once, and from then on is read without a lock.
///
/// The standard library's lazy reference does the same, at ten times the cost of a read.
@safe
final class PublishedOnce<Object: AnyObject & Sendable>: Sendable {
    private let address = Atomic<UInt>(0)

    deinit {
        // Safety: the hold that `publish` took.
        if let object = unsafe reference { unsafe object.release() }
    }

    /// The object; nil until it is published.
    @inline(__always)
    var value: Object? { unsafe reference?.takeUnretainedValue() }

    /// Shows the object to `body` without counting a reference, which would cost two atomic operations.
    /// - Returns: nil, with nothing done, until it is published.
    @inline(__always)
    func read<Result>(_ body: (Object) -> Result) -> Result? {
        // Safety: the object is held until `deinit`, and the caller holds this one.
        unsafe reference?._withUnsafeGuaranteedRef(body)
    }

    /// Shows the object to all threads.
    /// - Precondition: called once.
    func publish(_ object: Object) {
        let held = unsafe UInt(bitPattern: Unmanaged.passRetained(object).toOpaque())
        let (isFirst, _) = address.compareExchange(
            expected: 0, desired: held, ordering: .acquiringAndReleasing)
        precondition(isFirst, "an object was published twice")
    }

    /// The object; if there is none yet, one is made and shown to all threads. If two threads make one at
    /// the same time, the first is kept.
    func valueOrPublish(_ make: () -> Object) -> Object {
        if let value { return value }
        let made = make()
        let held = unsafe Unmanaged.passRetained(made)
        // Safety: the hold stays with the address, or ends here if another thread was faster.
        let (isFirst, _) = unsafe address.compareExchange(
            expected: 0, desired: UInt(bitPattern: held.toOpaque()), ordering: .acquiringAndReleasing)
        if isFirst { return made }
        unsafe held.release()
        return value ?? made
    }

    // Safety: the address is 0 or that of an object that is held until `deinit`.
    @inline(__always)
    private var reference: Unmanaged<Object>? {
        let pointer = unsafe UnsafeRawPointer(bitPattern: address.load(ordering: .acquiring))
        return unsafe pointer.map { unsafe Unmanaged<Object>.fromOpaque($0) }
    }
}
