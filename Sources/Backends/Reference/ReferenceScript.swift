import Execution
import Tensors

/// A script of the reference backend: lines of the form `name: instruction words ...`, one per function.
///
/// Words from the source may name what a call brings: `%key0`, `%arg0`, ... The instructions are `echo`
/// (its inputs), `redis` (a command of the server, dropping what it answers), `reply` (the same, its number
/// as INT64), `model` (runs the model of this key on the inputs) and `count` (without end).
public final class ReferenceScript: LoadedScript {
    private let functions: [String: [String]]

    /// - Throws: `.backend` if a line is not one, or an entry point is missing.
    init(_ definition: ScriptDefinition) throws(ExecutionError) {
        let source = definition.source.withBytes { bytes in
            String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
        }
        var functions: [String: [String]] = [:]
        for line in source.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { throw .backend("expected a function:\n\(line)") }
            functions[String(parts[0])] = parts[1].split(separator: " ").map(String.init)
        }
        for entryPoint in definition.entryPoints {
            let name = String(decoding: entryPoint, as: UTF8.self)
            guard functions[name] != nil else {
                throw .backend("Function \(name) does not exist in the given script.")
            }
        }
        self.functions = functions
    }

    public var memoryByteCount: Int { 0 }

    public func run(
        _ call: ScriptCall, in server: (any ScriptServer)?, stop: RunStop
    ) throws(ExecutionError) -> [Tensor] {
        let name = String(decoding: call.function, as: UTF8.self)
        guard let words = functions[name], let instruction = words.first else {
            throw .backend("Function does not exist: \(name)")
        }
        let parameters = words.dropFirst().map { Self.value($0, in: call) }
        let outputs = try Self.run(instruction, parameters, call, server, stop)
        guard call.outputCount == 0 || outputs.count == call.outputCount else {
            throw .backend("Function returned unexpected number of outputs - \(name)")
        }
        return outputs
    }

    private static func run(
        _ instruction: String, _ parameters: [[UInt8]], _ call: ScriptCall, _ server: (any ScriptServer)?,
        _ stop: RunStop
    ) throws(ExecutionError) -> [Tensor] {
        if instruction == "echo" { return call.inputs }
        if instruction == "count" { return try count(stop) }
        guard let server, let first = parameters.first else { throw .backend("Unexpected internal error") }
        if instruction == "model" {
            do throws(ScriptServerError) {
                return try server.runModel(first, inputs: call.inputs, outputCount: call.outputCount)
            } catch { throw .backend(error.text) }
        }
        do throws(ScriptServerError) {
            let reply = try server.execute(first, Array(parameters.dropFirst()))
            guard instruction == "reply", case .integer(let number) = reply else { return [] }
            return [integer(number)].compactMap { $0 }
        } catch { throw .backend("Redis command returned an error: \(error.text)") }
    }

    private static func value(_ word: String, in call: ScriptCall) -> [UInt8] {
        for (prefix, values) in [("%key", call.keys), ("%arg", call.arguments)] {
            guard word.hasPrefix(prefix), let index = Int(word.dropFirst(prefix.count)),
                values.indices.contains(index)
            else { continue }
            return values[index]
        }
        return Array(word.utf8)
    }

    private static func count(_ stop: RunStop) throws(ExecutionError) -> [Tensor] {
        let interrupt = stop.interrupt as? ReferenceInterrupt ?? ReferenceInterrupt()
        return try stop.run(interruptedBy: interrupt) { () throws(ExecutionError) in
            while true { try interrupt.check() }
        }
    }

    private static func integer(_ number: Int64) -> Tensor? {
        let bytes = (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
        guard let shape = try? TensorShape([]) else { return nil }
        return try? Tensor(type: .int64, shape: shape, copying: bytes.span)
    }
}
