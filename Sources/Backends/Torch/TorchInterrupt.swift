import CTorchBridge
import Execution

/// The flag that one thread's runs look at, through which another thread can end them.
@safe
final class TorchInterrupt: RunInterrupt, @unchecked Sendable {
    private let bridge: TorchBridge
    /// For one run at a time; valid as long as this object.
    let run: OpaquePointer

    private init(_ bridge: TorchBridge) throws(ExecutionError) {
        guard let run = unsafe bridge.table.pointee.run_create() else { throw .outOfMemory }
        self.bridge = bridge
        unsafe self.run = run
    }

    deinit {
        // Safety: each run holds this object through its thread's slot.
        unsafe bridge.table.pointee.run_release(run)
    }

    /// The thread's, made at its first run.
    @inline(__always)
    static func of(_ stop: RunStop, _ bridge: TorchBridge) throws(ExecutionError) -> TorchInterrupt {
        if let known = stop.interrupt as? TorchInterrupt { return known }
        return try TorchInterrupt(bridge)
    }

    func raise() { unsafe bridge.table.pointee.run_stop(run) }

    func lower() { unsafe bridge.table.pointee.run_reset(run) }
}
