import Execution
import Keyspace
import Redis

/// `AI.STATS [key]`: how long requests for a model or script wait and run, or what waits in the whole server.
public struct Statistics: Command {
    let key: Argument?

    public init(parsing words: inout ArgumentReader) throws(CommandError) {
        guard (1...2).contains(words.count) else { throw .arity("AI.STATS") }
        key = words.next()
    }

    public func run(in context: borrowing RedisContext) throws(CommandError) {
        guard let key else { return Self.replyServer(context) }
        Self.reply(try RunReport.find(at: key, in: context), context)
    }

    // One model or script

    private static func reply(_ report: RunReport, _ context: borrowing RedisContext) {
        let summary = report.summary
        context.reply(mapOf: 18)
        context.reply(bulk: "type")
        context.reply(bulk: report.typeName)
        context.reply(bulk: "backend")
        context.reply(bulk: report.backend.wireName)
        context.reply("device", report.device.text)
        context.reply("tag", report.tag)
        reply(report.state, context)
        context.reply("calls", summary.calls)
        context.reply("errors", summary.errors)
        context.reply("samples", report.sampleCount)
        context.reply("duration_us", summary.runTime.sum / 1000)
        context.reply("runs", summary.rows.count)
        context.reply("inline_calls", summary.inlineCalls)
        context.reply("queued_calls", summary.queuedCalls)
        reply("queue_us", summary.waitTime, context)
        reply("run_us", summary.runTime, context)
        reply("total_us", summary.totalTime, context)
        reply(summary.rows, context)
        context.reply("memory_bytes", report.memoryByteCount)
    }

    private static func reply(_ state: RunReport.State, _ context: borrowing RedisContext) {
        context.reply(bulk: "state")
        switch state {
        case .loading: context.reply(bulk: "loading")
        case .ready: context.reply(bulk: "ready")
        case .failed: context.reply(bulk: "failed")
        }
        context.reply(bulk: "error")
        guard case .failed(let words) = state else { return context.replyNull() }
        context.reply(bulk: Array(words.utf8))
    }

    private static func reply(
        _ label: StaticString, _ times: LatencyDistribution, _ context: borrowing RedisContext
    ) {
        context.reply(bulk: label)
        context.reply(mapOf: 6)
        context.reply("count", times.count)
        context.reply("mean", microsecondsOf: times.mean)
        context.reply("p50", microsecondsOf: times.quantile(0.5))
        context.reply("p99", microsecondsOf: times.quantile(0.99))
        context.reply("p99.9", microsecondsOf: times.quantile(0.999))
        context.reply("max", microsecondsOf: times.maximum)
    }

    private static func reply(_ rows: RowDistribution, _ context: borrowing RedisContext) {
        context.reply(bulk: "batch")
        context.reply(mapOf: 4)
        context.reply("runs", rows.count)
        context.reply(bulk: "rows_mean")
        context.reply(thousandths: rows.count > 0 ? (rows.sum * 1000 + rows.count / 2) / rows.count : 0)
        context.reply("rows_max", rows.maximum)
        context.reply(bulk: "rows")
        let reached = rows.counts.indices.filter { rows.counts[$0] > 0 }
        context.reply(mapOf: reached.count)
        for index in reached {
            context.reply(bulk: Array((rows.mostRows(index).map { String($0) } ?? "more").utf8))
            context.reply(integer: rows.counts[index])
        }
    }

    // The server

    private static func replyServer(_ context: borrowing RedisContext) {
        let state = ModuleState.current
        context.reply(mapOf: 7)
        context.reply("version", text: InfoSections.version)
        context.reply(bulk: "queues")
        let queues = state.scheduler.allQueues
        context.reply(arrayOf: queues.count)
        for queue in queues {
            context.reply(mapOf: 7)
            context.reply("device", text: queue.name)
            context.reply("workers", queue.workerCount)
            context.reply("busy_workers", queue.busyWorkerCount)
            context.reply("waiting", queue.waitingCount)
            context.reply("waiting_for_batch", queue.patientCount)
            context.reply("limit", queue.limit)
            context.reply("stuck_runs", queue.stuckRunCount)
        }
        context.reply(bulk: "backends")
        let backends = state.backends.loadedBackends
        context.reply(arrayOf: backends.count)
        for backend in backends {
            context.reply(mapOf: 4)
            context.reply(bulk: "backend")
            context.reply(bulk: backend.kind.wireName)
            context.reply("version", text: backend.version)
            context.reply("memory_bytes", backend.memoryByteCount)
            context.reply("allocations", backend.allocationCount)
        }
        let models = state.modelDirectory.entries(in: context, of: state.models)
        context.reply(bulk: "models")
        reply(StateCounts(models.lazy.map { RunReport.State($0.value.build) }), context)
        let scripts = state.scriptDirectory.entries(in: context, of: state.scripts)
        context.reply(bulk: "scripts")
        reply(StateCounts(scripts.lazy.map { RunReport.State($0.value.build) }), context)
        context.reply("waiting_builds", state.scheduler.waitingBuildCount)
        reply(state.scheduler.builds, context)
    }

    private static func reply(_ builds: [BuildReport], _ context: borrowing RedisContext) {
        context.reply(bulk: "builds")
        context.reply(arrayOf: builds.count)
        for build in builds {
            context.reply(mapOf: 3)
            context.reply(bulk: "backend")
            context.reply(bulk: build.backend.wireName)
            context.reply("milliseconds", build.milliseconds)
            context.reply(bulk: "state")
            context.reply(bulk: build.isStuck ? "stuck" : "running")
        }
    }

    private static func reply(_ counts: StateCounts, _ context: borrowing RedisContext) {
        context.reply(mapOf: 3)
        context.reply("loading", counts.loading)
        context.reply("ready", counts.ready)
        context.reply("failed", counts.failed)
    }
}

extension RedisContext {
    fileprivate func reply(_ label: StaticString, _ bytes: [UInt8]) {
        reply(bulk: label)
        reply(bulk: bytes)
    }

    fileprivate func reply(_ label: StaticString, text: String) { reply(label, Array(text.utf8)) }

    fileprivate func reply(_ label: StaticString, _ number: Int) {
        reply(bulk: label)
        reply(integer: number)
    }

    fileprivate func reply(_ label: StaticString, microsecondsOf nanoseconds: Int) {
        reply(bulk: label)
        reply(thousandths: nanoseconds)
    }

    /// A double; for RESP2 clients a bulk string of at most three decimals.
    fileprivate func reply(thousandths number: Int) {
        guard flags.contains(.isRESP3) else {
            return reply(bulk: Array(DecimalText.text(number, places: 3).utf8))
        }
        reply(real: Double(number) / 1000)
    }
}
