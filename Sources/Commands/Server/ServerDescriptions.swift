import Redis

extension Statistics {
    static var description: CommandDescription {
        CommandDescription(
            name: "ai.stats",
            summary: "Returns how long a model's requests wait and run, or what waits in the whole server.",
            complexity: "O(1) with a key; without, O(N) where N is the number of models.",
            since: "99.99.99", flags: "readonly", categories: .reading, keyRange: (1, 1, 1),
            keys: [KeySpecification(.index(1), .inspect)],
            arguments: [CommandArgument("key", .key(specification: 0), isOptional: true)])
    }
}

extension Metrics {
    static var description: CommandDescription {
        CommandDescription(
            name: "ai.metrics",
            summary: "Returns the state of the module and of all models in Prometheus' text format.",
            complexity: "O(N) where N is the number of models.", since: "99.99.99", flags: "readonly",
            categories: .metrics)
    }
}
