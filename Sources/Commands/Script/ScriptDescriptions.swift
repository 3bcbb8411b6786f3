import Redis

extension ScriptOptions {
    fileprivate static func description(
        name: StaticString, since: StaticString, entryPoints: [CommandArgument]
    ) -> CommandDescription {
        CommandDescription(
            name: name,
            summary: "Stores a TorchScript source at a key and compiles it; the server goes on meanwhile.",
            complexity: "O(N) where N is the source's size, in the background.",
            since: since, flags: "write deny-oom", categories: .writing, keyRange: (1, 1, 1),
            keys: [KeySpecification(.index(1), .overwrite)],
            arguments: [
                CommandArgument("key", .key(specification: 0)), CommandArgument("device", .string),
                CommandArgument("tag", .string, token: "TAG", isOptional: true),
            ] + entryPoints + [CommandArgument("source", .string, token: "SOURCE")])
    }
}

extension ScriptStore {
    static var description: CommandDescription {
        ScriptOptions.description(
            name: "ai.scriptstore", since: "1.2.5",
            entryPoints: [
                CommandArgument("entry_point_count", .integer, token: "ENTRY_POINTS"),
                CommandArgument("entry_point", .string, isMultiple: true),
            ])
    }
}

extension ScriptSet {
    static var description: CommandDescription {
        ScriptOptions.description(name: "ai.scriptset", since: "0.1.0", entryPoints: [])
    }
}

extension ScriptGet {
    static var description: CommandDescription {
        CommandDescription(
            name: "ai.scriptget",
            summary: "Returns what was said when a script was stored, and its source.",
            complexity: "O(N) where N is the source's size.", since: "0.1.0", flags: "readonly",
            categories: .reading, keyRange: (1, 1, 1),
            keys: [KeySpecification(.index(1), .read)],
            arguments: [
                CommandArgument("key", .key(specification: 0)),
                CommandArgument("meta", .token, token: "META", isOptional: true),
                CommandArgument("source", .token, token: "SOURCE", isOptional: true),
            ])
    }
}

extension ScriptDelete {
    static var description: CommandDescription {
        CommandDescription(
            name: "ai.scriptdel", summary: "Removes a script; runs that have begun go on.",
            complexity: "O(1)", since: "0.1.0", flags: "write", categories: .writing,
            keyRange: (1, 1, 1),
            keys: [KeySpecification(.index(1), .delete)],
            arguments: [CommandArgument("key", .key(specification: 0))])
    }
}

extension ScriptExecute {
    static var description: CommandDescription {
        CommandDescription(
            name: "ai.scriptexecute",
            summary: "Calls a function of a script on tensors at keys and stores what it returns at keys.",
            complexity: "That of the function.", since: "1.2.5", flags: "write deny-oom getkeys-api",
            categories: .writing, keyRange: (5, 5, 1),
            keys: [
                KeySpecification(.index(1), .read),
                // The words of ARGS may be any.
                KeySpecification(.counted(after: "KEYS", from: 3), .update, isAmbiguous: true),
                KeySpecification(.counted(after: "INPUTS", from: 3), .read, isAmbiguous: true),
                KeySpecification(.counted(after: "OUTPUTS", from: 3), .overwrite, isAmbiguous: true),
            ],
            arguments: [
                CommandArgument("key", .key(specification: 0)), CommandArgument("function", .string),
                section("keys", "KEYS", .key(specification: 1)),
                section("inputs", "INPUTS", .key(specification: 2)),
                section("args", "ARGS", .string),
                section("outputs", "OUTPUTS", .key(specification: 3)),
                CommandArgument("milliseconds", .integer, token: "TIMEOUT", isOptional: true),
            ])
    }

    private static func section(
        _ name: StaticString, _ token: StaticString, _ kind: CommandArgument.Kind
    ) -> CommandArgument {
        CommandArgument(
            name, .block, isOptional: true,
            children: [
                CommandArgument("count", .integer, token: token),
                CommandArgument("word", kind, isMultiple: true),
            ])
    }
}

extension ScriptRun {
    static var description: CommandDescription {
        CommandDescription(
            name: "ai.scriptrun",
            summary: "The older spelling of AI.SCRIPTEXECUTE, without counts.",
            complexity: "That of the function.", since: "0.1.0", flags: "write deny-oom getkeys-api",
            categories: .writing, keyRange: (4, 4, 1),
            keys: [KeySpecification(.index(1), .read), KeySpecification(.rest(after: "INPUTS"), .overwrite)],
            arguments: [
                CommandArgument("key", .key(specification: 0)), CommandArgument("function", .string),
                CommandArgument("milliseconds", .integer, token: "TIMEOUT", isOptional: true),
                CommandArgument(
                    "input", .key(specification: 1), token: "INPUTS", isOptional: true, isMultiple: true),
                CommandArgument(
                    "output", .key(specification: 1), token: "OUTPUTS", isOptional: true, isMultiple: true),
            ])
    }
}

extension ScriptScan {
    static var description: CommandDescription {
        CommandDescription(
            name: "ai._scriptscan", summary: "Lists the scripts of the database with their tags.",
            complexity: "O(N) where N is the number of scripts; after a RENAME once that of keys.",
            since: "1.0.0", flags: "readonly", categories: .reading)
    }
}
