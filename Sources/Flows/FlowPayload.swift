import Messages

/// What an execution begins with: the records that Python makes of the event.
enum FlowPayload {
    case none
    /// The words of a command, the trigger's name first.
    case words([[UInt8]])
    case key(KeyRecord)
    case entries([StreamEntry])

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
