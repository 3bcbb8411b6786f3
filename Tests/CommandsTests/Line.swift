import Tensors

@testable import Commands
@testable import Redis

/// The words of a command as a client would send them.
struct Line: Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    let words: [[UInt8]]

    init(_ words: [[UInt8]]) { self.words = words }

    /// Words divided by blanks; `''` is the empty word, and `\0` may stand in one.
    init(_ text: String) {
        words = text.split(separator: " ").map { $0 == "''" ? [] : Array($0.utf8) }
    }

    init(stringLiteral text: String) { self.init(text) }

    /// With more words behind.
    func appending(_ word: [UInt8]) -> Line { Line(words + [word]) }

    var description: String { words.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ") }

    /// The words as the server passes them.
    private func makeVector() -> UnsafeMutablePointer<OpaquePointer> {
        FakeServer.start()
        let vector = UnsafeMutablePointer<OpaquePointer>.allocate(capacity: max(1, words.count))
        for (index, word) in words.enumerated() {
            (vector + index).initialize(to: FakeString.interned(word).pointer)
        }
        return vector
    }

    /// A reader of the words; the process keeps them, since a command may keep its reader.
    var reader: ArgumentReader { ArgumentReader(vector: makeVector(), count: words.count) }

    /// Reads the words.
    func parsed<Called: Command>(
        as type: Called.Type
    ) throws(CommandError) -> Called where Called.Failure == CommandError {
        var reader = reader
        return try Called(parsing: &reader)
    }

    /// Why the words are refused; nil if they are not.
    func refusal<Called: Command>(by type: Called.Type) -> String? where Called.Failure == CommandError {
        let vector = makeVector()
        defer { vector.deallocate() }
        var reader = ArgumentReader(vector: vector, count: words.count)
        do throws(CommandError) {
            _ = try Called(parsing: &reader)
            return nil
        } catch {
            return error.text
        }
    }

    /// What a command answers in this context, as if the server had called it.
    func answer<Called: Command>(of type: Called.Type, in context: FakeContext = FakeContext()) -> [String] {
        FakeServer.start()
        var pointers = words.map { FakeString.interned($0).pointer }
        _ = CommandDispatch<Called>.run(context.pointer, &pointers, Int32(pointers.count))
        return context.replies
    }

    /// The positions that a command reports as keys.
    func keys<Called: Command>(of type: Called.Type) -> [String] {
        let context = FakeContext(isAskedForKeys: true)
        _ = answer(of: type, in: context)
        return context.keys
    }
}

extension Argument {
    /// The bytes as text.
    var word: String { text }
}

extension Tensor {
    var content: [UInt8] { withBytes { span in span.indices.map { span[$0] } } }
}

extension [[UInt8]] {
    /// Names as text.
    var texts: [String] { map { String(decoding: $0, as: UTF8.self) } }
}
