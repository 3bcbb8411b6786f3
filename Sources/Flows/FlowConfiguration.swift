import Messages

/// What RG.CONFIGGET and RG.CONFIGSET show and change, and flows read with `configGet`. Main thread.
final class FlowConfiguration {
    /// A number that means something here.
    enum Number: String, CaseIterable {
        case mostExecutions = "MaxExecutions"
        case mostExecutionsOfRegistration = "MaxExecutionsPerRegistration"
        case profiles = "ProfileExecutions"
        case longestIdle = "ExecutionMaxIdleTime"
        case tracebacks = "PythonAttemptTraceback"
        case retries = "SendMsgRetries"
        case threads = "ExecutionThreads"

        fileprivate var usual: Int {
            switch self {
            case .mostExecutions: 1000
            case .mostExecutionsOfRegistration: 100
            case .profiles: 0
            case .longestIdle: 5000
            case .tracebacks: 1
            case .retries, .threads: 3
            }
        }

        fileprivate var range: ClosedRange<Int> {
            switch self {
            case .profiles, .tracebacks: 0...1
            case .mostExecutions, .mostExecutionsOfRegistration: 1...1_000_000
            case .longestIdle, .retries, .threads: 1...Int(Int32.max)
            }
        }

        /// Sessions have their threads from the beginning.
        fileprivate var isFixed: Bool { self == .threads }
    }

    /// What a client asked for.
    enum Value {
        case number(Int)
        case text([UInt8])
    }

    /// What has become of a change.
    enum Change {
        case done
        /// It means nothing here; flows can read it.
        case kept
        case isFixed
        case failed
    }

    private static let mostKept = 1000
    /// In bytes; all of them together fit into a message.
    private static let longestName = 1024
    private static let longestValue = 32 << 10

    private var numbers: [Number: Int] = [:]
    private var kept: [[UInt8]: [UInt8]] = [:]

    subscript(number: Number) -> Int { numbers[number] ?? number.usual }

    /// - Parameter name: as it is spelled; case counts.
    func value(_ name: [UInt8]) -> Value? {
        if let number = Number(rawValue: String(decoding: name, as: UTF8.self)) {
            return .number(self[number])
        }
        return kept[name].map { .text($0) }
    }

    /// - Parameter name: in any case, if it means something here.
    func set(_ name: [UInt8], _ value: [UInt8]) -> Change {
        let word = String(decoding: name, as: UTF8.self).lowercased()
        guard let number = Number.allCases.first(where: { $0.rawValue.lowercased() == word }) else {
            guard kept[name] != nil || kept.count < Self.mostKept, name.count <= Self.longestName,
                value.count <= Self.longestValue, String(validating: name, as: UTF8.self) != nil
            else { return .failed }
            kept[name] = value
            return .kept
        }
        guard !number.isFixed else { return .isFixed }
        guard let new = Int(String(decoding: value, as: UTF8.self)), number.range.contains(new) else {
            return .failed
        }
        numbers[number] = new
        return .done
    }

    /// Writes all of it, for Python.
    func write(to writer: inout MessageWriter) {
        for number in Number.allCases {
            writer.text(number.rawValue)
            writer.integer(self[number])
        }
        for (name, value) in kept {
            // Names are texts there.
            guard let text = String(validating: name, as: UTF8.self) else { continue }
            writer.text(text)
            writer.bytes(value)
        }
    }
}
