import Redis

/// The categories of our commands, on servers that let a module name them (7.2, our own 7.4).
extension CommandCategories {
    /// The module's own: everything but AI.CONFIG, which no other rule is to bring.
    static let own: StaticString = "ai"

    static let reading = CommandCategories("read slow", and: own)
    static let writing = CommandCategories("write slow", and: own)
    /// What tells of all databases and of the server itself.
    static let metrics = CommandCategories("read slow dangerous", and: own)
    static let administrating = CommandCategories("admin dangerous", and: nil)
}
