import CLiteRT
import Execution

/// The flag of one thread's runs, through which another thread can end them before their next operator.
@safe
final class LiteRTInterrupt: RunInterrupt, @unchecked Sendable {
    /// Valid as long as this object.
    let flag: UnsafeMutablePointer<litert_flag>

    private init() {
        // Safety: given back in `deinit`.
        unsafe flag = .allocate(capacity: 1)
        unsafe litert_flag_set(flag, false)
    }

    deinit {
        // Safety: each run holds this object through its thread's slot.
        unsafe flag.deallocate()
    }

    /// The thread's, made at its first run.
    @inline(__always)
    static func of(_ stop: RunStop) -> LiteRTInterrupt {
        stop.interrupt as? LiteRTInterrupt ?? LiteRTInterrupt()
    }

    func raise() { unsafe litert_flag_set(flag, true) }

    func lower() { unsafe litert_flag_set(flag, false) }
}
