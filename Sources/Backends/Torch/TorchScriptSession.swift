import CTorchBridge
import Execution
import Tensors

/// A script that libtorch has compiled.
@safe
final class TorchScriptSession: LoadedScript, @unchecked Sendable {
    /// libtorch does not tell.
    let memoryByteCount = 0
    private let bridge: TorchBridge
    private let script: OpaquePointer
    private let entryPoints: [[UInt8]]

    /// Takes over a script of the bridge.
    /// - Throws: `.backend` if a function is missing that is to be an entry point, or cannot be one.
    init(
        adopting script: OpaquePointer, entryPoints: [[UInt8]], of bridge: TorchBridge
    ) throws(ExecutionError) {
        self.bridge = bridge
        unsafe self.script = script
        self.entryPoints = entryPoints
        for name in entryPoints {
            let failure = unsafe name.span.withTorchText {
                // Safety: the script is alive, and the text is valid during the call.
                unsafe bridge.table.pointee.script_check_entry_point(script, $0)
            }
            try unsafe bridge.check(failure)
        }
    }

    deinit {
        // Safety: no run is under way, since each holds this object.
        unsafe bridge.table.pointee.script_release(script)
    }

    func run(
        _ call: ScriptCall, in server: (any ScriptServer)?, stop: RunStop
    ) throws(ExecutionError) -> [Tensor] {
        let interrupt = try TorchInterrupt.of(stop, bridge)
        let host = server.map { TorchHost($0, bridge) }
        return try stop.run(interruptedBy: interrupt) { () throws(ExecutionError) in
            try unsafe TorchViews.with(call.inputs) { views throws(ExecutionError) in
                var returned: OpaquePointer?
                try unsafe bridge.check(run(call, views, host, interrupt, &returned))
                guard let outputs = unsafe returned else { throw .outOfMemory }
                defer { unsafe bridge.table.pointee.outputs_release(outputs) }
                return try unsafe TorchViews.tensors(of: outputs, bridge).compactMap { $0 }
            }
        }
    }

    private func run(
        _ call: ScriptCall, _ views: UnsafeBufferPointer<torch_view>, _ host: TorchHost?,
        _ interrupt: TorchInterrupt, _ outputs: inout OpaquePointer?
    ) -> OpaquePointer? {
        // Safety: texts, views and the host are alive during the call, which keeps none of them.
        defer { withExtendedLifetime(host) {} }
        let isEntryPoint = entryPoints.contains(call.function)
        return unsafe TorchTexts.with([call.function] + call.keys + call.arguments) { texts in
            unsafe withUnsafeTemporaryAllocation(of: torch_host.self, capacity: 1) { place in
                if let host { unsafe place.initializeElement(at: 0, to: host.callbacks) }
                var description = unsafe torch_call(
                    function: texts[0], is_entry_point: isEntryPoint ? 1 : 0,
                    output_count: Int32(clamping: call.outputCount), inputs: views.baseAddress,
                    input_count: views.count, keys: texts + 1, key_count: call.keys.count,
                    args: texts + 1 + call.keys.count, arg_count: call.arguments.count,
                    host: host == nil ? nil : UnsafePointer(place.baseAddress))
                return unsafe bridge.table.pointee.script_run(
                    script, &description, interrupt.run, &outputs)
            }
        }
    }
}
