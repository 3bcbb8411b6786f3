import Execution

/// The part of a model or script in `AI.METRICS`.
struct RunMetrics {
    let report: RunReport
    let key: [UInt8]
    /// `db`, `key`, `backend`, `device`.
    private let labels: PrometheusText.Labels

    init(_ report: RunReport, key: [UInt8], database: Int32) {
        self.report = report
        self.key = key
        var labels = PrometheusText.Labels()
        labels.add("db", String(database))
        labels.add("key", key)
        labels.add("backend", "\(report.backend.wireName)")
        labels.add("device", report.device.queueName)
        self.labels = labels
    }

    /// Bounds of the buckets for times, as powers of two of nanoseconds: 4 us to 17 s.
    private static let timePowers = 12...34
    private static let timeBounds = timePowers.map { DecimalText.text(1 << $0, places: 9) }
    /// Bounds of the buckets for rows; larger batches are rare and count as above all.
    private static let rowBounds = (0...10).map { String(1 << $0) }

    static func write(_ all: [RunMetrics], of kind: RunReport.Kind, to text: inout PrometheusText) {
        let noun =
            switch kind {
            case .model: "model"
            case .script: "script"
            }
        text.open("redisai_\(noun)_info", .gauge, "Always 1, with the tag of the \(noun).")
        for one in all {
            var labels = one.labels
            labels.add("tag", one.report.tag)
            text.add(labels, 1)
        }
        text.open(
            "redisai_\(noun)_ready", .gauge, "1 if the \(noun) can run, 0 while it loads or if it failed.")
        for one in all {
            guard case .ready = one.report.state else {
                text.add(one.labels, 0)
                continue
            }
            text.add(one.labels, 1)
        }
        text.open("redisai_\(noun)_memory_bytes", .gauge, "Memory of the \(noun) as given and as loaded.")
        for one in all { text.add(one.labels, one.report.memoryByteCount) }
        writeCounters(all, noun, to: &text)
        if kind == .model { writeSamples(all, noun, to: &text) }
        writeTimes(all, noun, to: &text)
        // Calls of scripts have no rows.
        if kind == .model { writeRows(all, noun, to: &text) }
    }

    private static func writeCounters(_ all: [RunMetrics], _ noun: String, to text: inout PrometheusText) {
        text.open("redisai_\(noun)_calls_total", .counter, "Requests, those that failed included.")
        for one in all { text.add(one.labels, one.report.summary.calls) }
        text.open("redisai_\(noun)_inline_calls_total", .counter, "Requests run on the server's own thread.")
        for one in all { text.add(one.labels, one.report.summary.inlineCalls) }
        text.open("redisai_\(noun)_errors_total", .counter, "Requests that failed.")
        for one in all { text.add(one.labels, one.report.summary.errors) }
    }

    private static func writeSamples(
        _ all: [RunMetrics], _ noun: String, to text: inout PrometheusText
    ) {
        text.open("redisai_\(noun)_samples_total", .counter, "Rows of the first outputs.")
        for one in all { text.add(one.labels, one.report.summary.samples) }
    }

    private static func writeTimes(_ all: [RunMetrics], _ noun: String, to text: inout PrometheusText) {
        text.open(
            "redisai_\(noun)_queue_seconds", .histogram,
            "How long requests waited for a worker; inline ones do not.")
        for one in all { one.add(one.report.summary.waitTime, to: &text) }
        text.open("redisai_\(noun)_run_seconds", .histogram, "How long runs took in the runtime.")
        for one in all { one.add(one.report.summary.runTime, to: &text) }
        text.open("redisai_\(noun)_total_seconds", .histogram, "How long requests waited and ran.")
        for one in all { one.add(one.report.summary.totalTime, to: &text) }
    }

    private func add(_ times: LatencyDistribution, to text: inout PrometheusText) {
        text.add(
            labels, bounds: Self.timeBounds, counts: times.counts(belowPowersOfTwo: Self.timePowers),
            count: times.count, sum: DecimalText.text(times.sum, places: 9))
    }

    private static func writeRows(_ all: [RunMetrics], _ noun: String, to text: inout PrometheusText) {
        text.open("redisai_\(noun)_batch_rows", .histogram, "Rows of runs.")
        for one in all {
            let rows = one.report.summary.rows
            var seen = 0
            let counts = rows.counts.prefix(rowBounds.count).map { count in
                seen += count
                return seen
            }
            text.add(
                one.labels, bounds: rowBounds, counts: counts, count: rows.count, sum: String(rows.sum))
        }
    }
}
