import Redis

extension ModelOptions {
    fileprivate static var backends: CommandArgument {
        let names: [StaticString] = ["TF", "TFLITE", "TORCH", "ONNX"]
        return CommandArgument(
            "backend", .oneOf, children: names.map { CommandArgument($0, .token, token: $0) })
    }

    fileprivate static var batching: CommandArgument {
        let timeout = CommandArgument("timeout", .integer, token: "MINBATCHTIMEOUT", isOptional: true)
        let minimum = CommandArgument(
            "minimum", .block, isOptional: true,
            children: [CommandArgument("minsize", .integer, token: "MINBATCHSIZE"), timeout])
        return CommandArgument(
            "batching", .block, isOptional: true,
            children: [CommandArgument("size", .integer, token: "BATCHSIZE"), minimum])
    }

    fileprivate static func description(
        name: StaticString, since: StaticString, names: [CommandArgument]
    ) -> CommandDescription {
        CommandDescription(
            name: name,
            summary: "Stores a model at a key and makes it ready to run; the server goes on meanwhile.",
            complexity: "O(N) where N is the model's size, in the background.",
            since: since, flags: "write deny-oom", categories: .writing, keyRange: (1, 1, 1),
            keys: [KeySpecification(.index(1), .overwrite)],
            arguments: [
                CommandArgument("key", .key(specification: 0)), backends, CommandArgument("device", .string),
                CommandArgument("tag", .string, token: "TAG", isOptional: true), batching,
                CommandArgument("names", .block, isOptional: true, children: names),
                CommandArgument("model", .string, token: "BLOB", isMultiple: true),
            ])
    }
}

extension ModelStore {
    static var description: CommandDescription {
        ModelOptions.description(
            name: "ai.modelstore", since: "1.2.5",
            names: [
                CommandArgument("input_count", .integer, token: "INPUTS"),
                CommandArgument("input", .string, isMultiple: true),
                CommandArgument("output_count", .integer, token: "OUTPUTS"),
                CommandArgument("output", .string, isMultiple: true),
            ])
    }
}

extension ModelSet {
    static var description: CommandDescription {
        ModelOptions.description(
            name: "ai.modelset", since: "0.1.0",
            names: [
                CommandArgument("input", .string, token: "INPUTS", isMultiple: true),
                CommandArgument("output", .string, token: "OUTPUTS", isMultiple: true),
            ])
    }
}

extension ModelGet {
    static var description: CommandDescription {
        CommandDescription(
            name: "ai.modelget",
            summary: "Returns what was said when a model was stored, and the model itself.",
            complexity: "O(1), or O(N) with BLOB, where N is the model's size.",
            since: "1.2.5", flags: "readonly", categories: .reading, keyRange: (1, 1, 1),
            keys: [KeySpecification(.index(1), .read)],
            arguments: [
                CommandArgument("key", .key(specification: 0)),
                CommandArgument("meta", .token, token: "META", isOptional: true),
                CommandArgument("blob", .token, token: "BLOB", isOptional: true),
            ])
    }
}

extension ModelDelete {
    static var description: CommandDescription {
        CommandDescription(
            name: "ai.modeldel", summary: "Removes a model; runs that have begun go on.",
            complexity: "O(1)", since: "1.2.5", flags: "write", categories: .writing, keyRange: (1, 1, 1),
            keys: [KeySpecification(.index(1), .delete)],
            arguments: [CommandArgument("key", .key(specification: 0))])
    }
}

extension ModelExecute {
    static var description: CommandDescription {
        CommandDescription(
            name: "ai.modelexecute",
            summary: "Runs a model on tensors at keys and stores what comes out at keys.",
            complexity: "That of the model.", since: "1.2.5", flags: "write deny-oom getkeys-api",
            categories: .writing,
            keyRange: (4, 4, 1),
            keys: [
                KeySpecification(.index(1), .read), KeySpecification(.counted(after: "INPUTS"), .read),
                KeySpecification(.counted(after: "OUTPUTS"), .overwrite),
            ],
            arguments: [
                CommandArgument("key", .key(specification: 0)),
                CommandArgument("input_count", .integer, token: "INPUTS"),
                CommandArgument("input", .key(specification: 1), isMultiple: true),
                CommandArgument("output_count", .integer, token: "OUTPUTS"),
                CommandArgument("output", .key(specification: 2), isMultiple: true),
                CommandArgument("milliseconds", .integer, token: "TIMEOUT", isOptional: true),
            ])
    }
}

extension ModelRun {
    static var description: CommandDescription {
        CommandDescription(
            name: "ai.modelrun",
            summary: "The older spelling of AI.MODELEXECUTE, without counts.",
            complexity: "That of the model.", since: "0.1.0", flags: "write deny-oom getkeys-api",
            categories: .writing,
            keyRange: (3, 3, 1),
            keys: [KeySpecification(.index(1), .read), KeySpecification(.rest(after: "INPUTS"), .overwrite)],
            arguments: [
                CommandArgument("key", .key(specification: 0)),
                CommandArgument("milliseconds", .integer, token: "TIMEOUT", isOptional: true),
                CommandArgument("input", .key(specification: 1), token: "INPUTS", isMultiple: true),
                CommandArgument("output", .key(specification: 1), token: "OUTPUTS", isMultiple: true),
            ])
    }
}

extension ModelStatistics {
    static var description: CommandDescription {
        CommandDescription(
            name: "ai.info",
            summary: "Returns or resets how often a model ran, for how long, and its errors.",
            complexity: "O(1)", since: "0.5.0", flags: "readonly", categories: .reading,
            keyRange: (1, 1, 1),
            keys: [KeySpecification(.index(1), .inspect)],
            arguments: [
                CommandArgument("key", .key(specification: 0)),
                CommandArgument("reset", .token, token: "RESETSTAT", isOptional: true),
            ])
    }
}

extension ModelScan {
    static var description: CommandDescription {
        CommandDescription(
            name: "ai._modelscan", summary: "Lists the models of the database with their tags.",
            complexity: "O(N) where N is the number of models; after a RENAME once that of keys.",
            since: "1.0.0", flags: "readonly", categories: .reading)
    }
}

extension Configure {
    static var description: CommandDescription {
        CommandDescription(
            name: "ai.config", summary: "Opens a runtime's library, or reads or changes a setting.",
            complexity: "O(1)", since: "0.2.0", flags: "admin deny-script", categories: .administrating,
            arguments: [
                CommandArgument(
                    "action", .oneOf,
                    children: [
                        CommandArgument(
                            "loadbackend", .block,
                            children: [
                                CommandArgument("backend", .string, token: "LOADBACKEND"),
                                CommandArgument("path", .string),
                            ]),
                        CommandArgument("folder", .string, token: "BACKENDSPATH"),
                        CommandArgument("size", .integer, token: "MODEL_CHUNK_SIZE"),
                        CommandArgument("setting", .string, token: "GET"),
                    ])
            ])
    }
}
