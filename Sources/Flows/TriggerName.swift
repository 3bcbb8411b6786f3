/// The name of a trigger. Arrays are hashed byte by byte, and each trigger looks for its own.
struct TriggerName: Hashable {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func hash(into hasher: inout Hasher) {
        // Safety: the bytes are read during the call.
        unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    }
}
