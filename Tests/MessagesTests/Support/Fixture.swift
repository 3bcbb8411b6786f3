import Foundation

/// Messages as Python writes them, from `Tests/Fixtures/flows/messages.json`.
struct Fixture: Sendable, CustomStringConvertible {
    let sender: String
    let name: String
    /// What Python shows of it.
    let text: String
    /// With the length before it.
    let bytes: [UInt8]

    var description: String { name }
    var body: [UInt8] { Array(bytes[4...]) }

    /// The package's folder.
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// None if the file cannot be read, which a test finds.
    static let all: [Fixture] = {
        let file = root.appendingPathComponent("Tests/Fixtures/flows/messages.json")
        let lines = (try? JSONDecoder().decode([Line].self, from: Data(contentsOf: file))) ?? []
        return lines.map {
            Fixture(sender: $0.from, name: $0.name, text: $0.value, bytes: hexadecimal($0.bytes))
        }
    }()

    static func named(_ name: String) -> Fixture? { all.first { $0.name == name } }

    private struct Line: Decodable {
        let from: String
        let name: String
        let value: String
        let bytes: String
    }

    private static func hexadecimal(_ digits: String) -> [UInt8] {
        let digits = Array(digits)
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(digits[$0...$0 + 1]), radix: 16)
        }
    }
}
