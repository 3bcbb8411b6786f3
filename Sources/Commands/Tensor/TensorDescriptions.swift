import Redis

extension TensorSet {
    static var description: CommandDescription {
        CommandDescription(
            name: "ai.tensorset",
            summary: "Stores a tensor at a key, from its bytes or from one value per element.",
            complexity: "O(N) where N is the number of bytes or values given.",
            since: "1.2.5", flags: "write deny-oom", categories: .writing, keyRange: (1, 1, 1),
            keys: [KeySpecification(.index(1), .overwrite)],
            arguments: [
                CommandArgument("key", .key(specification: 0)),
                CommandArgument("type", .oneOf, children: types),
                CommandArgument("dimension", .integer, isOptional: true, isMultiple: true),
                CommandArgument(
                    "data", .oneOf, isOptional: true,
                    children: [
                        CommandArgument("bytes", .string, token: "BLOB"),
                        CommandArgument("value", .string, token: "VALUES", isMultiple: true),
                    ]),
            ])
    }

    private static var types: [CommandArgument] {
        let names: [StaticString] = [
            "FLOAT", "DOUBLE", "FLOAT16", "BFLOAT16", "INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16",
            "UINT32", "UINT64", "BOOL", "STRING",
        ]
        return names.map { CommandArgument($0, .token, token: $0) }
    }
}

extension TensorGet {
    static var description: CommandDescription {
        CommandDescription(
            name: "ai.tensorget",
            summary: "Returns a tensor: its type and shape, its bytes, or its values.",
            complexity: "O(N) where N is the number of bytes or values returned.",
            since: "1.2.5", flags: "readonly", categories: .reading, keyRange: (1, 1, 1),
            keys: [KeySpecification(.index(1), .read)],
            arguments: [
                CommandArgument("key", .key(specification: 0)),
                CommandArgument("meta", .token, token: "META", isOptional: true),
                CommandArgument(
                    "data", .oneOf, isOptional: true,
                    children: [
                        CommandArgument("blob", .token, token: "BLOB"),
                        CommandArgument("values", .token, token: "VALUES"),
                    ]),
            ])
    }
}
