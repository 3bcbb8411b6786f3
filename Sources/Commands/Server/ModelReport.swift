import Execution

/// What `AI.STATS` and `AI.METRICS` tell of a model: everything at one moment, so that both agree.
struct ModelReport {
    enum State {
        case loading
        case ready
        /// The words that an execution answers.
        case failed(String)

        init(_ build: ModelBuild) {
            do throws(ExecutionError) {
                self = try build.loaded() == nil ? .loading : .ready
            } catch {
                self = .failed(CommandError.execution(error).text)
            }
        }
    }

    let definition: ModelDefinition
    let state: State
    let summary: RunSummary
    let memoryByteCount: Int

    init(_ model: Model) {
        definition = model.definition
        state = State(model.build)
        summary = model.statistics.summary
        memoryByteCount = model.memoryByteCount
    }
}

/// How many models are in which state.
struct ModelCounts {
    private(set) var loading = 0
    private(set) var ready = 0
    private(set) var failed = 0

    init(_ states: some Sequence<ModelReport.State>) {
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
