import CONNXRuntime
import Execution
import Synchronization

/// The threads with which the runtime shares the work of one operator, for all sessions.
///
/// They are there from the beginning, but enter the runtime, and thereby allocate, only when there is work
/// worth sharing: until then each run does all of its own, and the runtime takes back what nobody has begun.
@safe
final class ONNXRuntimeHelpers: Sendable {
    private let threads = Locked<[StandbyThread]>([])
    private let called = Atomic<Bool>(false)
    /// When they may be called again, after there was not enough memory.
    private let nextTry = Atomic<Int>(0)
    private static let pauseNanoseconds = 1_000_000_000

    /// Whether they work.
    var areCalled: Bool { called.load(ordering: .relaxed) }

    /// Has them work from now on.
    /// - Returns: false if there is not enough memory for that.
    @discardableResult
    func call() -> Bool {
        if areCalled { return true }
        let now = Monotonic.nanoseconds
        guard now >= nextTry.load(ordering: .relaxed) else { return false }
        guard StandbyThread.call(threads.withLock { $0 }) else {
            nextTry.store(now + Self.pauseNanoseconds, ordering: .relaxed)
            return false
        }
        called.store(true, ordering: .sequentiallyConsistent)
        return true
    }

    /// Has the runtime get its threads from here.
    func configure(_ options: OpaquePointer, of table: ONNXRuntimeTable) throws(ExecutionError) {
        // Safety: held for good, like the threads, since the library is never closed.
        let context = unsafe Unmanaged.passRetained(self).toOpaque()
        try unsafe table.check(
            onnx_thread_options_set_start(table.pointer, options) { context, work, argument in
                guard let context = unsafe context else { return nil }
                let helpers = unsafe Unmanaged<ONNXRuntimeHelpers>.fromOpaque(context).takeUnretainedValue()
                return unsafe helpers.start(work, argument)
            })
        try unsafe table.check(onnx_thread_options_set_context(table.pointer, options, context))
        try unsafe table.check(
            onnx_thread_options_set_join(table.pointer, options) { thread in
                // Safety: made by `start`, and joined once. One alone would not leave the runtime again, so
                // it must not enter it now.
                let thread = unsafe Unmanaged<StandbyThread>.fromOpaque(thread).takeRetainedValue()
                thread.dismiss()
                thread.waitUntilEnded()
            })
    }

    /// - Returns: what the runtime joins; nil if the thread could not be started.
    private func start(
        _ work: @escaping onnx_thread_work, _ argument: UnsafeMutableRawPointer?
    ) -> UnsafeMutableRawPointer? {
        let number = threads.withLock { $0.count }
        // Safety: the runtime's, for this one thread.
        nonisolated(unsafe) let argument = unsafe argument
        nonisolated(unsafe) let work = unsafe work
        guard let thread = StandbyThread(name: "ai:onnx/\(number)", body: { unsafe work(argument) })
        else { return nil }
        threads.withLock { $0.append(thread) }
        return unsafe Unmanaged.passRetained(thread).toOpaque()
    }
}

/// Tells from how long the runs of one session take whether their work is worth sharing.
struct ONNXRuntimeRunLengths: ~Copyable, Sendable {
    /// What takes less is not.
    static let slowNanoseconds = 50_000
    /// Slow runs in a row are, once they have taken as long as this together: a first run, or one that was
    /// interrupted, is slow for other reasons.
    static let longNanoseconds = 2_000_000

    /// What slow runs have taken since the last quick one.
    private let slowTime = Atomic<Int>(0)

    /// Counts a run, on any thread.
    /// - Returns: whether the runs up to this one are worth sharing.
    func areLong(with nanoseconds: Int) -> Bool {
        guard nanoseconds >= Self.slowNanoseconds else {
            // A write would cost the other threads that run this model.
            if slowTime.load(ordering: .relaxed) > 0 { slowTime.store(0, ordering: .relaxed) }
            return false
        }
        return slowTime.wrappingAdd(nanoseconds, ordering: .relaxed).newValue >= Self.longNanoseconds
    }
}
