import CTorchBridge
import Execution
import Tensors

/// Hands what a script asks through the bridge on to the server, during one run.
final class TorchHost {
    private let server: any ScriptServer
    private let bridge: TorchBridge

    init(_ server: any ScriptServer, _ bridge: TorchBridge) {
        self.server = server
        self.bridge = bridge
    }

    /// For the bridge; valid as long as this object.
    var callbacks: torch_host {
        // Safety: the bridge hands the context back during the run only, which this object outlives.
        unsafe torch_host(
            context: Unmanaged.passUnretained(self).toOpaque(),
            execute: { context, words, count, answer in
                guard let host = unsafe TorchHost.at(context) else { return }
                unsafe host.execute(UnsafeBufferPointer(start: words, count: count), answer)
            },
            execute_model: { context, key, inputs, inputCount, outputCount, answer in
                guard let host = unsafe TorchHost.at(context) else { return }
                let views = unsafe UnsafeBufferPointer(start: inputs, count: inputCount)
                unsafe host.runModel(key, views, outputCount: Int(outputCount), answer)
            })
    }

    private static func at(_ context: UnsafeMutableRawPointer?) -> TorchHost? {
        unsafe context.map { unsafe Unmanaged<TorchHost>.fromOpaque($0).takeUnretainedValue() }
    }

    // Safety of all below: texts, views and the answer are valid during the callback.

    private func execute(_ words: UnsafeBufferPointer<torch_text>, _ answer: OpaquePointer) {
        // What the script has made, and may make longer than anybody could send.
        guard TensorAllocator.hasRoom(for: unsafe words.reduce(0) { unsafe $0 + $1.byte_count }) else {
            return unsafe refuse("not enough memory", answer)
        }
        let words = unsafe words.map { unsafe bridge.bytes(of: $0) }
        do throws(ScriptServerError) {
            unsafe give(try server.execute(words.first ?? [], Array(words.dropFirst())), answer)
        } catch {
            unsafe refuse(error.text, answer)
        }
    }

    private func give(_ reply: ScriptReply, _ answer: OpaquePointer) {
        let table = unsafe bridge.table
        switch reply {
        case .null: unsafe table.pointee.answer_none(answer)
        case .integer(let number): unsafe table.pointee.answer_integer(answer, number)
        case .bytes(let bytes):
            unsafe bytes.span.withTorchText { unsafe table.pointee.answer_text(answer, $0) }
        case .list(let parts):
            unsafe table.pointee.answer_list(answer, parts.count)
            for part in parts { unsafe give(part, answer) }
        }
    }

    private func refuse(_ text: String, _ answer: OpaquePointer) {
        unsafe Array(text.utf8).span.withTorchText {
            unsafe bridge.table.pointee.answer_error(answer, $0)
        }
    }

    private func runModel(
        _ key: torch_text, _ views: UnsafeBufferPointer<torch_view>, outputCount: Int,
        _ answer: OpaquePointer
    ) {
        do throws(ExecutionError) {
            var inputs: [Tensor] = []
            for index in views.indices {
                inputs.append(try unsafe TorchViews.tensor(of: views[index]))
            }
            let outputs: [Tensor]
            do throws(ScriptServerError) {
                outputs = try unsafe server.runModel(
                    bridge.bytes(of: key), inputs: inputs, outputCount: outputCount)
            } catch {
                return unsafe refuse(error.text, answer)
            }
            try unsafe TorchViews.with(outputs) { views throws(ExecutionError) in
                unsafe bridge.table.pointee.answer_list(answer, views.count)
                for index in views.indices {
                    unsafe bridge.table.pointee.answer_tensor(answer, views[index])
                }
            }
        } catch {
            guard case .backend(let words) = error else { return unsafe refuse("not enough memory", answer) }
            unsafe refuse(words, answer)
        }
    }
}
