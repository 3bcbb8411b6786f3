import Redis

extension DagDialect {
    fileprivate func description(
        name: StaticString, summary: StaticString, since: StaticString
    ) -> CommandDescription {
        var keys = [KeySpecification(.counted(after: "LOAD", from: 1), .read)]
        var arguments = [Self.keys("load", token: "LOAD", specification: 0)]
        if !isReadOnly {
            keys.append(KeySpecification(.counted(after: "PERSIST", from: 1), .overwrite))
            arguments.append(Self.keys("persist", token: "PERSIST", specification: 1))
        }
        keys.append(KeySpecification(.single(after: "ROUTING", from: 1), .route))
        // The models and scripts that the commands name, and the keys that are given to scripts.
        keys.append(KeySpecification(.rest(after: "|>", from: 1), isReadOnly ? .read : .update))
        arguments += [
            CommandArgument("tag", .string, token: "ROUTING", isOptional: true),
            CommandArgument("milliseconds", .integer, token: "TIMEOUT", isOptional: true),
            CommandArgument("command", .string, token: "|>", isMultiple: true),
        ]
        return CommandDescription(
            name: name, summary: summary, complexity: "That of the commands.", since: since,
            flags: isReadOnly ? "readonly getkeys-api" : "write deny-oom getkeys-api",
            categories: isReadOnly ? .reading : .writing, keyRange: (3, 3, 1), keys: keys,
            arguments: arguments)
    }

    private static func keys(
        _ name: StaticString, token: StaticString, specification: Int
    ) -> CommandArgument {
        CommandArgument(
            name, .block, isOptional: true,
            children: [
                CommandArgument("count", .integer, token: token),
                CommandArgument("key", .key(specification: specification), isMultiple: true),
            ])
    }
}

extension DagExecute {
    static var description: CommandDescription {
        DagDialect.execute.description(
            name: "ai.dagexecute",
            summary: "Runs models on each other's outputs and on tensors from keys or from its own words.",
            since: "1.2.5")
    }
}

extension DagExecuteReadOnly {
    static var description: CommandDescription {
        DagDialect.executeReadOnly.description(
            name: "ai.dagexecute_ro", summary: "AI.DAGEXECUTE that stores nothing; also on a replica.",
            since: "1.2.5")
    }
}

extension DagRun {
    static var description: CommandDescription {
        DagDialect.run.description(
            name: "ai.dagrun", summary: "The older spelling of AI.DAGEXECUTE, with AI.MODELRUN.",
            since: "0.4.0")
    }
}

extension DagRunReadOnly {
    static var description: CommandDescription {
        DagDialect.runReadOnly.description(
            name: "ai.dagrun_ro", summary: "AI.DAGRUN that stores nothing; also on a replica.",
            since: "0.4.0")
    }
}
