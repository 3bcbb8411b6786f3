/// Fields of an entry of a map, which is a message.
package enum WireMapEntry {
    package static let key: UInt32 = 1
    package static let value: UInt32 = 2
}
