/// Where the server's rules for users can name a command.
public struct CommandCategories: Sendable {
    /// Of the server: `read slow`, `write slow`, ...
    let servers: String
    /// Those and the module's own, for servers that have it.
    let all: String

    /// - Parameters:
    ///   - servers: names divided by blanks.
    ///   - own: the module's category; nil for a command that no rule about the module is to bring.
    public init(_ servers: StaticString, and own: StaticString?) {
        self.servers = "\(servers)"
        all = own.map { "\(servers) \($0)" } ?? "\(servers)"
    }
}
