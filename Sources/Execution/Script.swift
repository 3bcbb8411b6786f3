import Tensors

/// A script as a key holds it: what the client said, the build, and its own statistics.
public final class Script: Runnable {
    public let definition: ScriptDefinition
    public let build: ScriptBuild
    public let statistics: RunStatistics
    public let label: ActivityLabel
    /// Where its runs wait.
    let queue: RunQueue

    public init(_ definition: ScriptDefinition, build: ScriptBuild, queue: RunQueue) {
        self.definition = definition
        self.build = build
        self.queue = queue
        statistics = RunStatistics()
        label = ActivityLabel(definition.backend, definition.device, tag: definition.tag)
    }

    private init(uncounted script: Script) {
        definition = script.definition
        build = script.build
        queue = script.queue
        statistics = .ofNobody
        label = script.label
    }

    /// The same script for runs that its statistics do not count.
    public var uncounted: Script { Script(uncounted: self) }

    /// The same script under another key, with statistics of its own.
    public func copied() -> Script { Script(definition, build: build, queue: queue) }

    public var memoryByteCount: Int {
        definition.source.allocatedByteCount + (build.loadedIfReady?.memoryByteCount ?? 0)
    }

    public static func memoryByteCount(of loaded: any LoadedScript) -> Int { loaded.memoryByteCount }

    /// Calls a function once on the calling thread, and counts that.
    ///
    /// - Parameters:
    ///   - slot: the thread's.
    ///   - waitingSince: when the request could have run, on the clock `Monotonic`; nil for one that has
    ///     not waited, because it runs in place.
    func run(
        _ call: ScriptCall, in keyspace: (any ScriptKeyspace)?, slot: RunSlot, waitingSince: Int?
    ) throws(ExecutionError) -> [Tensor?] {
        do throws(ExecutionError) {
            guard let loaded = try build.loaded() else { throw .scriptLoading }
            var call = call
            call.inputs = try call.inputs.prepared()
            let start = Monotonic.nanoseconds
            let server = keyspace.map { ScriptHost($0, slot: slot, began: start) }
            let outputs = try slot.activity.during(label, of: definition.backend) {
                () throws(ExecutionError) in
                try loaded.run(call, in: server, stop: slot.stop(since: start))
            }
            // What was lost has been counted.
            guard !slot.isLost else { return outputs }
            guard call.outputCount == 0 || outputs.count == call.outputCount else {
                throw .unexpectedOutputCount
            }
            record(from: start, to: Monotonic.nanoseconds, waitingSince: waitingSince)
            return call.outputCount == 0 ? [] : outputs
        } catch {
            guard !slot.isLost else { throw error }
            statistics.recordFailure(isInline: waitingSince == nil)
            throw error
        }
    }

    /// A script's calls have no rows: each counts as one, and no samples.
    private func record(from start: Int, to end: Int, waitingSince: Int?) {
        guard let waitingSince else {
            return statistics.recordInline(nanoseconds: end - start, rows: 1, samples: 0)
        }
        statistics.recordRun(nanoseconds: end - start, rows: 1)
        statistics.recordRequest(waited: start - waitingSince, total: end - waitingSince, samples: 0)
    }
}

/// The build of a script.
public typealias ScriptBuild = Build<any LoadedScript>
