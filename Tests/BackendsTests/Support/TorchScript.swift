import CTorchBridge
import Execution
import Tensors

@testable import Backends

/// A script, compiled and run through the bridge as a backend would.
final class TorchScript {
    private let bridge: TorchBridge
    private let script: OpaquePointer

    init(_ source: String) throws {
        struct NoScript: Error {}
        bridge = try TorchLibrary(
            path: "\(Runtime.folder)/redisai_torch/redisai_torch.so", options: BackendOptions()
        ).bridge
        var options = torch_load_options(gpu: -1, allows_all_operators: 0, allows_native_code: 0)
        var made: OpaquePointer?
        let table = bridge.table
        try bridge.check(
            Self.withText(source) { table.pointee.script_compile($0, &options, &made) })
        guard let made else { throw NoScript() }
        script = made
    }

    deinit { bridge.table.pointee.script_release(script) }

    var functions: [String] {
        (0..<bridge.table.pointee.script_function_count(script)).map { index in
            let name = bridge.bytes(of: bridge.table.pointee.script_function_name(script, index))
            return String(decoding: name, as: UTF8.self)
        }
    }

    /// Why a function cannot be an entry point; empty if it can.
    func refusal(of name: String) throws -> String {
        do throws(ExecutionError) {
            try bridge.check(
                Self.withText(name) { bridge.table.pointee.script_check_entry_point(script, $0) })
            return ""
        } catch {
            guard case .backend(let text) = error else { throw error }
            return text
        }
    }

    func run(
        _ name: String, _ inputs: [Tensor], keys: [String] = [], args: [String] = [],
        isEntryPoint: Bool = true, outputCount: Int, host: TorchHost? = nil
    ) throws -> [Tensor] {
        let run = bridge.table.pointee.run_create()!
        defer { bridge.table.pointee.run_release(run) }
        let someHost = host ?? TorchHost { _ in .error("nobody asks") }
        someHost.bridge = bridge
        someHost.run = run
        defer { someHost.run = nil }
        var callbacks = someHost.callbacks
        return try TorchViews.with(inputs) { views throws(ExecutionError) in
            var returned: OpaquePointer?
            let failure = Self.withTexts([name] + keys + args) { texts in
                withUnsafePointer(to: &callbacks) { callbacks in
                    var call = torch_call()
                    call.function = texts[0]
                    call.is_entry_point = isEntryPoint ? 1 : 0
                    call.output_count = Int32(outputCount)
                    call.inputs = views.baseAddress
                    call.input_count = views.count
                    call.keys = texts.baseAddress.map { UnsafePointer($0 + 1) }
                    call.key_count = keys.count
                    call.args = texts.baseAddress.map { UnsafePointer($0 + 1 + keys.count) }
                    call.arg_count = args.count
                    call.host = host == nil ? nil : callbacks
                    return bridge.table.pointee.script_run(script, &call, run, &returned)
                }
            }
            try bridge.check(failure)
            guard let returned else { throw .outOfMemory }
            defer { bridge.table.pointee.outputs_release(returned) }
            return try TorchViews.tensors(of: returned, bridge).compactMap { $0 }
        }
    }

    static func withText<Result>(_ text: String, _ body: (torch_text) -> Result) -> Result {
        withTexts([text]) { body($0[0]) }
    }

    static func withTexts<Result>(
        _ texts: [String], _ body: (UnsafeMutableBufferPointer<torch_text>) -> Result
    ) -> Result {
        let copies = texts.map { text in
            let copy = UnsafeMutableBufferPointer<CChar>.allocate(capacity: text.utf8.count)
            _ = copy.initialize(from: text.utf8.map { CChar(bitPattern: $0) })
            return copy
        }
        defer { for copy in copies { copy.deallocate() } }
        var views = copies.map { torch_text(bytes: UnsafePointer($0.baseAddress), byte_count: $0.count) }
        return views.withUnsafeMutableBufferPointer { body($0) }
    }
}

/// Answers what scripts ask, and keeps what they asked.
final class TorchHost {
    indirect enum Answer {
        case text(String)
        case integer(Int64)
        case list([Answer])
        case error(String)
        /// The first tensor that came with the question, in a list.
        case tensor
        /// A number; the run is stopped before it gets it.
        case stop
    }

    fileprivate var bridge: TorchBridge?
    fileprivate var run: OpaquePointer?
    private let answer: ([String]) -> Answer
    private(set) var words: [[String]] = []

    init(_ answer: @escaping ([String]) -> Answer) { self.answer = answer }

    fileprivate var callbacks: torch_host {
        torch_host(
            context: Unmanaged.passUnretained(self).toOpaque(),
            execute: { context, words, count, answer in
                let host = Unmanaged<TorchHost>.fromOpaque(context!).takeUnretainedValue()
                host.reply(UnsafeBufferPointer(start: words, count: count).map(host.string), nil, answer)
            },
            execute_model: { context, key, inputs, _, outputCount, answer in
                let host = Unmanaged<TorchHost>.fromOpaque(context!).takeUnretainedValue()
                host.reply([host.string(key), "\(outputCount)"], inputs?.pointee, answer)
            })
    }

    private func string(_ text: torch_text) -> String {
        String(decoding: bridge?.bytes(of: text) ?? [], as: UTF8.self)
    }

    private func reply(_ words: [String], _ tensor: torch_view?, _ place: OpaquePointer) {
        self.words.append(words)
        give(answer(words), tensor, place)
    }

    private func give(_ answer: Answer, _ tensor: torch_view?, _ place: OpaquePointer) {
        guard let table = bridge?.table.pointee else { return }
        switch answer {
        case .text(let text): TorchScript.withText(text) { table.answer_text(place, $0) }
        case .integer(let value): table.answer_integer(place, value)
        case .error(let text): TorchScript.withText(text) { table.answer_error(place, $0) }
        case .list(let parts):
            table.answer_list(place, parts.count)
            for part in parts { give(part, tensor, place) }
        case .tensor:
            table.answer_list(place, 1)
            if let tensor { table.answer_tensor(place, tensor) }
        case .stop:
            if let run { table.run_stop(run) }
            table.answer_integer(place, 0)
        }
    }
}
