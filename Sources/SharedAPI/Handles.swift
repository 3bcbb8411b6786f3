import CSharedAPI

/// The kinds of objects that only this interface has, with what stands behind their pointers.
enum Handles {
    static let error = HandleKind<ErrorRecord>(number: 1)
    static let modelRun = HandleKind<RunContext>(number: 2)
    static let scriptRun = HandleKind<RunContext>(number: 3)
    static let dag = HandleKind<DagContext>(number: 4)
    static let operation = HandleKind<DagStep>(number: 5)
    static let modelFinish = HandleKind<RunFinish>(number: 6)
    static let scriptFinish = HandleKind<RunFinish>(number: 7)
    static let run = HandleKind<StartedRun>(number: 8)
}

/// Pointers to objects of one kind. Another kind's, and one that was freed, stand for nothing.
struct HandleKind<Content: AnyObject>: Sendable {
    /// No other kind has it.
    let number: Int32

    // Safety of all below: a handle of this kind holds a retained `Content` until it is ended, once.

    /// A pointer for other modules; nil without memory.
    func make(_ content: Content) -> OpaquePointer? {
        let held = unsafe Unmanaged.passRetained(content)
        guard let handle = unsafe shared_handle_make(number, held.toOpaque()) else {
            unsafe held.release()
            return nil
        }
        return unsafe handle
    }

    /// What a pointer stands for; nil if it is not a live one of this kind.
    func content(_ handle: OpaquePointer?) -> Content? {
        guard let content = unsafe shared_handle_content(handle, number) else { return nil }
        return unsafe Unmanaged<Content>.fromOpaque(content).takeUnretainedValue()
    }

    /// Frees a pointer.
    /// - Returns: what it stood for; nil if it is not a live one of this kind.
    @discardableResult
    func end(_ handle: OpaquePointer?) -> Content? {
        guard let content = unsafe shared_handle_end(handle, number) else { return nil }
        return unsafe Unmanaged<Content>.fromOpaque(content).takeRetainedValue()
    }
}
