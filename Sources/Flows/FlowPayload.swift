import Messages

/// What an execution begins with: the records that Python makes of the event.
enum FlowPayload {
    case none
    /// The words of a command, the trigger's name first.
    case words([[UInt8]])
    case key(KeyRecord)
    case entries([StreamEntry])

    /// About what it takes.
    var byteCount: Int {
        switch self {
        case .none: 0
        case .words(let words): words.reduce(0) { $0 + Self.overhead + $1.count }
        case .key(let record): record.byteCount
        case .entries(let entries): entries.reduce(0) { $0 + $1.byteCount }
        }
    }

    /// Of a word, in bytes.
    private static var overhead: Int { 48 }

    func write(to writer: inout MessageWriter) {
        switch self {
        case .none: writer.list(0)
        case .words(let words):
            writer.list(1)
            writer.list(words.count)
            for word in words { writer.bytes(word) }
        case .key(let record):
            writer.list(1)
            record.write(to: &writer)
        case .entries(let entries):
            writer.list(entries.count)
            for entry in entries { entry.write(to: &writer) }
        }
    }
}
