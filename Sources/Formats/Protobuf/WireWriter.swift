/// Writes the protobuf encoding: the few small messages that runtimes take as their options.
package struct WireWriter {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    /// A message with what `fill` writes.
    package init(_ fill: (inout WireWriter) -> Void) { fill(&self) }

    /// A field that is a number, or a truth value as 0 or 1.
    package mutating func number(_ field: UInt32, _ value: UInt64) {
        varint(UInt64(field) << 3)
        varint(value)
    }

    /// A field that is a message.
    package mutating func message(_ field: UInt32, _ content: WireWriter) {
        varint(UInt64(field) << 3 | 2)
        varint(UInt64(content.bytes.count))
        bytes += content.bytes
    }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest > 0x7F {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
