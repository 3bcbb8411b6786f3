/// Why memory cannot be shared, or what is wrong with what another process shares.
public enum RegionError: Error, Equatable {
    /// More bytes than all regions together may have.
    case byteLimitReached(byteCount: Int)
    /// More regions than a process may announce.
    case countLimitReached(count: Int)
    /// The system has not made the memory; its number for the reason.
    case notMade(code: Int32)
    /// The side socket has not taken the announcement; the same.
    case notAnnounced(code: Int32)
    /// The side socket has closed, or cannot be read.
    case hasEnded
    /// No announcement, or without its one descriptor.
    case malformedAnnouncement
    /// A number that is not the sender's to give, or that has been given.
    case numberTaken(Int)
    /// The descriptor is not memory of a fixed size.
    case notFixedMemory(number: Int)
    /// More bytes were announced than are there.
    case tooSmall(number: Int, byteCount: Int)
    /// The system does not show the memory.
    case notMapped(code: Int32)
    /// A region that nobody has announced or lent.
    case unknownNumber(Int)
    /// Bytes that are not within their region.
    case outOfBounds(number: Int, offset: Int, byteCount: Int)
}

extension RegionError: CustomStringConvertible {
    /// One line.
    public var description: String {
        switch self {
        case .byteLimitReached(let byteCount): "no room for \(byteCount) more bytes of shared memory"
        case .countLimitReached(let count): "more than \(count) regions of shared memory"
        case .notMade(let code): "shared memory cannot be made: error \(code)"
        case .notAnnounced(let code): "a region of shared memory cannot be announced: error \(code)"
        case .hasEnded: "the socket for shared memory has closed"
        case .malformedAnnouncement: "a region of shared memory is announced in a wrong way"
        case .numberTaken(let number): "region \(number) is announced, a number that is taken"
        case .notFixedMemory(let number): "region \(number) is not memory of a fixed size"
        case .tooSmall(let number, let byteCount): "region \(number) has only \(byteCount) bytes"
        case .notMapped(let code): "shared memory cannot be mapped: error \(code)"
        case .unknownNumber(let number): "region \(number) is unknown"
        case .outOfBounds(let number, let offset, let byteCount):
            "\(byteCount) bytes from \(offset) on are not within region \(number)"
        }
    }
}
