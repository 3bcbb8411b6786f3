/// How much a guest may take; nil = as much as the server.
public struct GuestLimits: Equatable, Sendable {
    /// Bytes that it can write to and shares with nobody, the stacks of its threads among them: more are
    /// refused to it. What it shares with the server is not counted.
    public var memoryByteCount: Int?
    /// Descriptors; at least 64.
    public var openFileCount: Int?

    public init(memoryByteCount: Int? = nil, openFileCount: Int? = nil) {
        self.memoryByteCount = memoryByteCount
        self.openFileCount = openFileCount
    }

    /// Bytes in use from which on a guest has found a way around the limit, by a fifth.
    var mostMemoryByteCount: Int? {
        memoryByteCount.map { $0.addingReportingOverflow($0 / 5) }.map {
            $0.overflow ? .max : $0.partialValue
        }
    }
}
