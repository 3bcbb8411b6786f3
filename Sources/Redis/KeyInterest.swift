/// Events of keys that somebody wants to hear of.
public struct KeyInterest {
    /// How the key begins, or all of it.
    let key: [UInt8]
    let isWholeKey: Bool
    /// The names of the events, ASCII letters in lower case; nil = all.
    let events: [[UInt8]]?

    /// Events of the key, or of all keys that begin so.
    public init(key: [UInt8], isWholeKey: Bool, events: [[UInt8]]?) {
        self.key = key
        self.isWholeKey = isWholeKey
        self.events = events
    }
}

/// All interests, in a form that tells quickly what nobody wants to hear of.
///
/// A look takes nanoseconds for each interest whose key begins with the same byte, and allocates nothing.
final class KeyInterests {
    private struct Entry {
        /// Places in `bytes`.
        let key: Range<Int>
        let isWholeKey: Bool
        /// Places in `names`; nil = all events.
        let names: Range<Int>?
    }

    private let entries: [Entry]
    /// Places in `bytes`.
    private let names: [Range<Int>]
    private let bytes: [UInt8]
    /// For the first byte of a key, and at last for a key without bytes, whether an interest may fit.
    private let mayFit: [Bool]

    private static let noByte = 256

    init(_ interests: [KeyInterest]) {
        var (entries, names, bytes): ([Entry], [Range<Int>], [UInt8]) = ([], [], [])
        var mayFit = [Bool](repeating: false, count: Self.noByte + 1)
        func place(_ text: [UInt8]) -> Range<Int> {
            bytes += text
            return bytes.count - text.count..<bytes.count
        }
        for interest in interests {
            let firstName = names.count
            for name in interest.events ?? [] { names.append(place(name)) }
            entries.append(
                Entry(
                    key: place(interest.key), isWholeKey: interest.isWholeKey,
                    names: interest.events == nil ? nil : firstName..<names.count))
            if let first = interest.key.first {
                mayFit[Int(first)] = true
            } else if interest.isWholeKey {
                mayFit[Self.noByte] = true
            } else {
                for index in mayFit.indices { mayFit[index] = true }
            }
        }
        (self.entries, self.names, self.bytes, self.mayFit) = (entries, names, bytes, mayFit)
    }

    /// Whether somebody may want to hear of an event.
    ///
    /// Names are compared as ASCII; where an event's has other letters, the answer is yes.
    @inline(__always)
    func mayInclude(_ event: Span<UInt8>, of key: Span<UInt8>) -> Bool {
        guard mayFit[key.isEmpty ? Self.noByte : Int(key[0])] else { return false }
        for entry in entries where includes(key, entry) {
            guard let names = entry.names else { return true }
            for index in names where mayBe(event, at: self.names[index]) { return true }
        }
        return false
    }

    @inline(__always)
    private func includes(_ key: Span<UInt8>, _ entry: Entry) -> Bool {
        let count = entry.key.count
        guard entry.isWholeKey ? key.count == count : key.count >= count else { return false }
        for index in 0..<count where key[index] != bytes[entry.key.lowerBound + index] { return false }
        return true
    }

    @inline(__always)
    private func mayBe(_ event: Span<UInt8>, at place: Range<Int>) -> Bool {
        for index in 0..<min(event.count, place.count) {
            let byte = event[index]
            guard byte < 0x80 else { return true }
            let lower = byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
            guard lower == bytes[place.lowerBound + index] else { return false }
        }
        return event.count == place.count
    }
}
