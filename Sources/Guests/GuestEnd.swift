/// How a guest's process has ended.
public struct GuestEnd: Equatable, Sendable {
    public enum Reason: Equatable, Sendable {
        case exited(status: Int)
        case signalled(number: Int)
        /// By us, and why.
        case killed(because: String)
        /// The server waited for a child of its own and took the status.
        case unknown
    }

    /// Which start of the guest it was, from 1.
    public let start: Int
    public let pid: Int
    public let reason: Reason
    public let livedNanoseconds: Int
}

extension GuestEnd: CustomStringConvertible {
    public var description: String {
        switch reason {
        case .exited(let status): "process \(pid) has ended with status \(status)"
        case .signalled(let number): "process \(pid) was ended by signal \(number)"
        case .killed(let because): "process \(pid) was killed: \(because)"
        case .unknown: "process \(pid) has ended"
        }
    }
}
