import Execution
import Keyspace
import Redis

/// `AI.METRICS`: the state of the module and of all models and scripts, as Prometheus reads it.
public struct Metrics: Command {
    public init(parsing words: inout ArgumentReader) throws(CommandError) {
        guard words.count == 1 else { throw .arity("AI.METRICS") }
    }

    public func run(in context: borrowing RedisContext) throws(CommandError) {
        let state = ModuleState.current
        let models = state.modelDirectory.entries(in: context, of: state.models).map {
            RunMetrics(RunReport($0.value), key: $0.key, database: $0.database)
        }
        let scripts = state.scriptDirectory.entries(in: context, of: state.scripts).map {
            RunMetrics(RunReport($0.value), key: $0.key, database: $0.database)
        }
        var text = PrometheusText()
        Self.writeServer(to: &text)
        Self.write(StateCounts(models.lazy.map(\.report.state)), of: "models", to: &text)
        Self.write(StateCounts(scripts.lazy.map(\.report.state)), of: "scripts", to: &text)
        Self.writeBuilds(to: &text, state.scheduler)
        Self.writeQueues(to: &text, state.scheduler.allQueues)
        Self.writeBackends(to: &text, state.backends)
        // Everybody is told how many there are, and only names within the user's patterns.
        let rights = context.rights
        RunMetrics.write(models.filter { rights.includesKey($0.key) }, of: .model, to: &text)
        if !scripts.isEmpty {
            RunMetrics.write(scripts.filter { rights.includesKey($0.key) }, of: .script, to: &text)
        }
        context.reply(text: text.bytes)
    }

    private static func writeServer(to text: inout PrometheusText) {
        text.open("redisai_info", .gauge, "Always 1, with the version of the module.")
        var version = PrometheusText.Labels()
        version.add("version", InfoSections.version)
        version.add("git_sha", RedisContext.moduleCommit)
        text.add(version, 1)
    }

    private static func write(_ counts: StateCounts, of nouns: String, to text: inout PrometheusText) {
        text.open("redisai_\(nouns)", .gauge, "The \(nouns) that keys hold, by state.")
        let states = [("loading", counts.loading), ("ready", counts.ready), ("failed", counts.failed)]
        for (name, count) in states { text.add(PrometheusText.Labels().adding("state", name), count) }
    }

    private static func writeBuilds(to text: inout PrometheusText, _ scheduler: Scheduler) {
        let builds = scheduler.builds
        text.open("redisai_builds", .gauge, "Builds of models and scripts, by state.")
        let stuck = builds.count { $0.isStuck }
        let states = [
            ("waiting", scheduler.waitingBuildCount), ("running", builds.count - stuck), ("stuck", stuck),
        ]
        for (name, count) in states { text.add(PrometheusText.Labels().adding("state", name), count) }
        text.open("redisai_longest_build_seconds", .gauge, "How long the longest of them has taken so far.")
        text.add(
            PrometheusText.Labels(), DecimalText.text(builds.map(\.milliseconds).max() ?? 0, places: 3))
    }

    private static func writeQueues(to text: inout PrometheusText, _ queues: [RunQueue]) {
        let labelled = queues.map { ($0, PrometheusText.Labels().adding("device", $0.name)) }
        text.open("redisai_queue_waiting", .gauge, "Requests that wait for the device.")
        for (queue, labels) in labelled { text.add(labels, queue.waitingCount) }
        text.open("redisai_queue_waiting_for_batch", .gauge, "Those of them that wait for MINBATCHSIZE.")
        for (queue, labels) in labelled { text.add(labels, queue.patientCount) }
        text.open("redisai_queue_limit", .gauge, "Requests that may wait for the device.")
        for (queue, labels) in labelled { text.add(labels, queue.limit) }
        text.open("redisai_queue_workers", .gauge, "Workers of the device.")
        for (queue, labels) in labelled { text.add(labels, queue.workerCount) }
        text.open("redisai_queue_busy_workers", .gauge, "Workers of the device that do not sleep.")
        for (queue, labels) in labelled { text.add(labels, queue.busyWorkerCount) }
        text.open(
            "redisai_queue_stuck_runs", .gauge, "Runs beyond MODEL_EXECUTION_TIMEOUT that do not stop.")
        for (queue, labels) in labelled { text.add(labels, queue.stuckRunCount) }
        text.open("redisai_queue_cpu_seconds_total", .counter, "Processor time of each worker.")
        for (queue, labels) in labelled {
            for (index, microseconds) in queue.workerMicroseconds.enumerated() {
                let worker = labels.adding("worker", String(index + 1))
                text.add(worker, DecimalText.text(microseconds, places: 6))
            }
        }
    }

    private static func writeBackends(to text: inout PrometheusText, _ provider: some BackendProvider) {
        let labelled = provider.loadedBackends.map {
            ($0, PrometheusText.Labels().adding("backend", "\($0.kind.wireName)"))
        }
        text.open("redisai_backend_info", .gauge, "Always 1, with the version of the runtime.")
        for (backend, labels) in labelled { text.add(labels.adding("version", backend.version), 1) }
        text.open("redisai_backend_memory_bytes", .gauge, "Memory that the runtime has from the server.")
        for (backend, labels) in labelled { text.add(labels, backend.memoryByteCount) }
        text.open(
            "redisai_backend_allocations_total", .counter, "Calls of the runtime to the server's allocator.")
        for (backend, labels) in labelled { text.add(labels, backend.allocationCount) }
    }
}
