/// Writes metrics in Prometheus' text format, version 0.0.4.
///
/// A family (its HELP and TYPE lines) is opened, then its samples are added, each a line.
struct PrometheusText {
    enum Kind: String {
        case counter
        case gauge
        case histogram
    }

    /// The labels of a sample, in the form in which they are written; made once for many samples.
    struct Labels {
        fileprivate private(set) var text = ""

        init() {}

        /// Adds a label.
        /// - Parameter value: any bytes; those that are not UTF-8 and control characters are shown as `\xHH`.
        mutating func add(_ name: String, _ value: [UInt8]) {
            if !text.isEmpty { text += "," }
            text += "\(name)=\"\(PrometheusText.escaped(value))\""
        }

        mutating func add(_ name: String, _ value: String) { add(name, Array(value.utf8)) }

        func adding(_ name: String, _ value: String) -> Labels {
            var labels = self
            labels.add(name, value)
            return labels
        }
    }

    private var text = ""
    private var family = ""

    /// The text so far.
    var bytes: [UInt8] { Array(text.utf8) }

    /// Opens a family.
    /// - Parameter help: one line, without a backslash.
    mutating func open(_ name: String, _ kind: Kind, _ help: String) {
        family = name
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    }

    /// Adds a sample of the open family.
    mutating func add(_ labels: Labels, _ value: Int) { add(labels, String(value)) }

    /// Adds a sample of the open family.
    /// - Parameters:
    ///   - value: a number as text.
    ///   - suffix: follows the family's name, for parts of a histogram.
    mutating func add(_ labels: Labels, _ value: String, suffix: String = "") {
        let braced = labels.text.isEmpty ? "" : "{\(labels.text)}"
        text += "\(family)\(suffix)\(braced) \(value)\n"
    }

    /// Adds a histogram of the open family.
    ///
    /// - Parameters:
    ///   - bounds: upper bounds of the buckets, growing, numbers as text.
    ///   - counts: for each bound, the number of observations up to it.
    ///   - count: of all observations.
    ///   - sum: of all observations, a number as text.
    mutating func add(_ labels: Labels, bounds: [String], counts: [Int], count: Int, sum: String) {
        let start = "\(family)_bucket{\(labels.text)\(labels.text.isEmpty ? "" : ",")le=\""
        for (bound, count) in zip(bounds + ["+Inf"], counts + [count]) {
            text += start
            text += bound
            text += "\"} "
            text += String(count)
            text += "\n"
        }
        add(labels, sum, suffix: "_sum")
        add(labels, String(count), suffix: "_count")
    }

    /// A label's value between its quotes.
    static func escaped(_ value: [UInt8]) -> String {
        var result = ""
        guard let characters = String(validating: value, as: UTF8.self) else {
            for byte in value {
                result += byte < 0x80 ? escaped(Unicode.Scalar(byte)) : hexadecimal(byte)
            }
            return result
        }
        for scalar in characters.unicodeScalars { result += escaped(scalar) }
        return result
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\\": "\\\\"
        case "\"": "\\\""
        case "\n": "\\n"
        case "\0"..<" ", "\u{7F}": hexadecimal(UInt8(scalar.value))
        default: String(Character(scalar))
        }
    }

    /// `\xHH`; the format wants a backslash doubled.
    private static func hexadecimal(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16)
        return "\\\\x" + (digits.utf8.count < 2 ? "0" : "") + digits
    }
}
