import Execution
import Keyspace
import Redis

/// `AI.METRICS`: the state of the module and of all models, as Prometheus reads it.
public struct Metrics: Command {
    public init(parsing words: inout ArgumentReader) throws(CommandError) {
        guard words.count == 1 else { throw .arity("AI.METRICS") }
    }

    public func run(in context: borrowing RedisContext) throws(CommandError) {
        let state = ModuleState.current
        let models = state.directory.entries(in: context, of: state.models).map { ModelMetrics($0) }
        var text = PrometheusText()
        Self.writeServer(to: &text, ModelCounts(models.lazy.map(\.report.state)))
        Self.writeQueues(to: &text, state.scheduler.allQueues)
        Self.writeBackends(to: &text, state.backends)
        ModelMetrics.write(models, to: &text)
        context.reply(text: text.bytes)
    }

    private static func writeServer(to text: inout PrometheusText, _ counts: ModelCounts) {
        text.open("redisai_info", .gauge, "Always 1, with the version of the module.")
        var version = PrometheusText.Labels()
        version.add("version", InfoSections.version)
        version.add("git_sha", RedisContext.moduleCommit)
        text.add(version, 1)
        text.open("redisai_models", .gauge, "Models that keys hold, by state.")
        let states = [("loading", counts.loading), ("ready", counts.ready), ("failed", counts.failed)]
        for (name, count) in states { text.add(PrometheusText.Labels().adding("state", name), count) }
    }

    private static func writeQueues(to text: inout PrometheusText, _ queues: [RunQueue]) {
        let labelled = queues.map { ($0, PrometheusText.Labels().adding("device", $0.name)) }
        text.open("redisai_queue_waiting", .gauge, "Requests that wait for a worker of the device.")
        for (queue, labels) in labelled { text.add(labels, queue.waitingCount) }
        text.open("redisai_queue_limit", .gauge, "Requests that may wait for the device.")
        for (queue, labels) in labelled { text.add(labels, queue.limit) }
        text.open("redisai_queue_workers", .gauge, "Workers of the device.")
        for (queue, labels) in labelled { text.add(labels, queue.workerCount) }
        text.open("redisai_queue_busy_workers", .gauge, "Workers of the device that do not sleep.")
        for (queue, labels) in labelled { text.add(labels, queue.busyWorkerCount) }
        text.open("redisai_queue_cpu_seconds_total", .counter, "Processor time of each worker.")
        for (queue, labels) in labelled {
            for (index, microseconds) in queue.workerMicroseconds.enumerated() {
                guard let microseconds else { continue }
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

/// A model's part of `AI.METRICS`.
struct ModelMetrics {
    let report: ModelReport
    /// `db`, `key`, `backend`, `device`.
    private let labels: PrometheusText.Labels

    init(_ entry: ModelDirectory.Entry) {
        report = ModelReport(entry.model)
        var labels = PrometheusText.Labels()
        labels.add("db", String(entry.database))
        labels.add("key", entry.key)
        labels.add("backend", "\(report.definition.backend.wireName)")
        labels.add("device", report.definition.device.queueName)
        self.labels = labels
    }

    /// Bounds of the buckets for times, as powers of two of nanoseconds: 4 us to 17 s.
    private static let timePowers = 12...34
    private static let timeBounds = timePowers.map { DecimalText.text(1 << $0, places: 9) }
    /// Bounds of the buckets for rows; larger batches are rare and count as above all.
    private static let rowBounds = (0...10).map { String(1 << $0) }

    static func write(_ models: [ModelMetrics], to text: inout PrometheusText) {
        text.open("redisai_model_info", .gauge, "Always 1, with the tag of the model.")
        for model in models {
            var labels = model.labels
            labels.add("tag", model.report.definition.tag)
            text.add(labels, 1)
        }
        text.open("redisai_model_ready", .gauge, "1 if the model can run, 0 while it loads or if it failed.")
        for model in models {
            guard case .ready = model.report.state else {
                text.add(model.labels, 0)
                continue
            }
            text.add(model.labels, 1)
        }
        text.open("redisai_model_memory_bytes", .gauge, "Memory of the model as given and as loaded.")
        for model in models { text.add(model.labels, model.report.memoryByteCount) }
        writeCounters(models, to: &text)
        writeTimes(models, to: &text)
        writeRows(models, to: &text)
    }

    private static func writeCounters(_ models: [ModelMetrics], to text: inout PrometheusText) {
        text.open("redisai_model_calls_total", .counter, "Requests, those that failed included.")
        for model in models { text.add(model.labels, model.report.summary.calls) }
        text.open("redisai_model_inline_calls_total", .counter, "Requests run on the server's own thread.")
        for model in models { text.add(model.labels, model.report.summary.inlineCalls) }
        text.open("redisai_model_errors_total", .counter, "Requests that failed.")
        for model in models { text.add(model.labels, model.report.summary.errors) }
        text.open("redisai_model_samples_total", .counter, "Rows of the first outputs.")
        for model in models { text.add(model.labels, model.report.summary.samples) }
    }

    private static func writeTimes(_ models: [ModelMetrics], to text: inout PrometheusText) {
        text.open(
            "redisai_model_queue_seconds", .histogram,
            "How long requests waited for a worker; inline ones do not.")
        for model in models { model.add(model.report.summary.waitTime, to: &text) }
        text.open("redisai_model_run_seconds", .histogram, "How long runs took in the runtime.")
        for model in models { model.add(model.report.summary.runTime, to: &text) }
        text.open("redisai_model_total_seconds", .histogram, "How long requests waited and ran.")
        for model in models { model.add(model.report.summary.totalTime, to: &text) }
    }

    private func add(_ times: LatencyDistribution, to text: inout PrometheusText) {
        text.add(
            labels, bounds: Self.timeBounds, counts: times.counts(belowPowersOfTwo: Self.timePowers),
            count: times.count, sum: DecimalText.text(times.sum, places: 9))
    }

    private static func writeRows(_ models: [ModelMetrics], to text: inout PrometheusText) {
        text.open("redisai_model_batch_rows", .histogram, "Rows of runs.")
        for model in models {
            let rows = model.report.summary.rows
            var seen = 0
            let counts = rows.counts.prefix(rowBounds.count).map { count in
                seen += count
                return seen
            }
            text.add(
                model.labels, bounds: rowBounds, counts: counts, count: rows.count, sum: String(rows.sum))
        }
    }
}
