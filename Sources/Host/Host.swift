import CHost

/// What the system lets this process do; the same as long as it lives.
///
/// Service managers keep a server from calls that it seems not to need, and end it when it makes one. What is
/// denied is found out once and then left out, each with a line in the log.
public struct Host: Sendable {
    /// Found out when it is first asked for, which the module does on the server's thread.
    public static let current = Host(deniedCalls: host_denied_calls(), allowsNewCode: host_allows_new_code())

    private let deniedCalls: UInt32
    /// Whether memory that was written can become code. Runtimes that compile at run time need that.
    public let allowsNewCode: Bool

    init(deniedCalls: UInt32, allowsNewCode: Bool) {
        self.deniedCalls = deniedCalls
        self.allowsNewCode = allowsNewCode
    }

    /// Whether a thread may lower its priority.
    public var allowsPriorities: Bool { !denies(HOST_SETPRIORITY) }

    /// Whether a thread may say which processors it uses.
    public var allowsAffinity: Bool { !denies(HOST_SCHED_SETAFFINITY) }

    /// Whether a child of ours may limit what it takes.
    public var allowsLimits: Bool { !denies(HOST_PRLIMIT64) }

    /// Whether a child of ours may close many descriptors with one call.
    public var allowsClosingRanges: Bool { !denies(HOST_CLOSE_RANGE) }

    /// Whether a child of ours may say which files it will open (landlock).
    public var allowsFileRules: Bool {
        ![HOST_LANDLOCK_CREATE_RULESET, HOST_LANDLOCK_ADD_RULE, HOST_LANDLOCK_RESTRICT_SELF].contains(
            where: denies)
    }

    private func denies(_ call: host_call) -> Bool { deniedCalls & (1 << call.rawValue) != 0 }

    /// What is done without, one line of the log each.
    public var remarks: [String] {
        var lines: [String] = []
        if !allowsPriorities {
            lines.append("The host denies setpriority: models are built at the server's own priority")
        }
        if !deniedNames.isEmpty {
            lines.append("The host denies \(deniedNames): runtimes that try get an error instead")
        }
        if !allowsNewCode {
            lines.append("The host allows no code that is made at run time: TF and TORCH do without oneDNN")
        }
        return lines
    }

    private var deniedNames: String {
        (0..<HOST_RUNTIME_CALL_COUNT.rawValue).map { host_call(rawValue: $0) }.filter(denies)
            // Safety: the names are constants.
            .map { unsafe String(cString: host_call_name($0)) }.joined(separator: ", ")
    }

    /// Has an open library, and those that came with it, get errors from calls that would end the process.
    ///
    /// On any thread, before the library is used.
    /// - Parameter handle: of the open library.
    public func guardLibrary(_ handle: UnsafeMutableRawPointer) {
        // Safety: the caller's library is open.
        unsafe host_guard_library(handle, deniedCalls)
    }

    /// Has an open library use another function than the one that it finds by this name.
    ///
    /// On any thread, before the library is used.
    /// - Returns: whether it looks for the name.
    public static func exchange(
        _ name: String, in handle: UnsafeMutableRawPointer, for replacement: UnsafeMutableRawPointer
    ) -> Bool {
        // Safety: the caller's library is open; the name is copied for the call.
        unsafe host_exchange(handle, HOST_LIBRARY, name, replacement) > 0
    }

    /// The number of the processor on which the calling thread runs; -1 if nobody knows.
    public static var processor: Int32 { host_processor() }

    /// Allocates something and frees it, so that the calling thread has what the allocator keeps for it.
    public static func touchAllocator() { host_touch_allocator() }
}
