import Execution
import Keyspace
import Redis

/// What `AI.INFO`, `AI.STATS` and `AI.METRICS` tell of a model or a script: everything at one moment, so that
/// they agree.
struct RunReport {
    enum Kind {
        case model
        case script
    }

    enum State {
        case loading
        case ready
        /// The words that an execution answers.
        case failed(String)

        init(_ build: Build<some Sendable>) {
            do throws(ExecutionError) {
                self = try build.loaded() == nil ? .loading : .ready
            } catch {
                self = .failed(CommandError.execution(error).text)
            }
        }
    }

    let kind: Kind
    let backend: BackendKind
    let device: Device
    let tag: [UInt8]
    let state: State
    let statistics: RunStatistics
    let summary: RunSummary
    let memoryByteCount: Int

    init(_ model: Model) { self.init(model, .model) }

    init(_ script: Script) { self.init(script, .script) }

    private init(_ value: some Runnable, _ kind: Kind) {
        self.kind = kind
        backend = value.definition.backend
        device = value.definition.device
        tag = value.definition.tag
        state = State(value.build)
        statistics = value.statistics
        summary = value.statistics.summary
        memoryByteCount = value.memoryByteCount
    }

    /// The command that would put another in its place.
    var storingCommand: StaticString {
        switch kind {
        case .model: "AI.MODELSTORE"
        case .script: "AI.SCRIPTSTORE"
        }
    }

    /// The model or script that a key holds.
    /// - Throws: `.statisticsMissing` if it holds neither.
    static func find(at key: Argument, in context: borrowing RedisContext) throws(CommandError) -> RunReport {
        let handle = context.read(key)
        if let model = try? handle.value(ModuleState.current.models) { return RunReport(model) }
        if let script = try? handle.value(ModuleState.current.scripts) { return RunReport(script) }
        throw .statisticsMissing
    }

    var typeName: StaticString {
        switch kind {
        case .model: "MODEL"
        case .script: "SCRIPT"
        }
    }

    /// Rows of the first outputs; -1 for scripts, whose results have none.
    var sampleCount: Int {
        switch kind {
        case .model: summary.samples
        case .script: -1
        }
    }
}

/// How many models or scripts are in which state.
struct StateCounts {
    private(set) var loading = 0
    private(set) var ready = 0
    private(set) var failed = 0

    init(_ states: some Sequence<RunReport.State>) {
        for state in states {
            switch state {
            case .loading: loading += 1
            case .ready: ready += 1
            case .failed: failed += 1
            }
        }
    }
}

/// Numbers with a decimal point.
enum DecimalText {
    /// `number / 10^places`, exact, without needless zeros: `text(7296, places: 3)` is `7.296`.
    /// - Parameter number: 0 or more.
    static func text(_ number: Int, places: Int) -> String {
        var digits = Array(String(number).utf8)
        if digits.count <= places {
            digits = Array(repeating: UInt8(ascii: "0"), count: places + 1 - digits.count) + digits
        }
        let whole = digits[..<(digits.count - places)]
        var part = digits[(digits.count - places)...]
        while part.last == UInt8(ascii: "0") { part.removeLast() }
        let all = part.isEmpty ? whole : whole + [UInt8(ascii: ".")] + part
        return String(decoding: all, as: UTF8.self)
    }
}
