import Redis

extension PyExecute {
    static var description: CommandDescription {
        CommandDescription(
            name: "rg.pyexecute",
            summary: "Runs a Python script, which may register flows.",
            complexity: "Depends on the script.", since: "99.99.99", flags: "admin",
            categories: .flowAdministrating,
            arguments: [
                CommandArgument("script", .string),
                CommandArgument("unblocking", .token, token: "UNBLOCKING", isOptional: true),
                CommandArgument("id", .string, token: "ID", isOptional: true),
                CommandArgument("description", .string, token: "DESCRIPTION", isOptional: true),
                CommandArgument("upgrade", .token, token: "UPGRADE", isOptional: true),
                CommandArgument("replaced-id", .string, token: "REPLACE_WITH", isOptional: true),
                CommandArgument(
                    "force-reinstall", .token, token: "FORCE_REINSTALL_REQUIREMENTS", isOptional: true),
                CommandArgument(
                    "requirement", .string, token: "REQUIREMENTS", isOptional: true, isMultiple: true),
            ])
    }
}

extension Trigger {
    static var description: CommandDescription {
        CommandDescription(
            name: "rg.trigger",
            summary: "Runs the flow that is registered under a trigger's name.",
            complexity: "Depends on the flow.", since: "99.99.99", flags: "readonly",
            categories: .flowTriggering,
            arguments: [
                CommandArgument("trigger", .string),
                CommandArgument("argument", .string, isOptional: true, isMultiple: true),
            ])
    }
}

extension TriggerOnKey {
    static var description: CommandDescription {
        CommandDescription(
            name: "rg.triggeronkey",
            summary: "Runs the flow that is registered under a trigger's name, where a key belongs.",
            complexity: "Depends on the flow.", since: "99.99.99", flags: "readonly",
            categories: .flowTriggering, keyRange: (2, 2, 1),
            keys: [KeySpecification(.index(2), .route)],
            arguments: [
                CommandArgument("trigger", .string),
                CommandArgument("key", .key(specification: 0)),
                CommandArgument("argument", .string, isOptional: true, isMultiple: true),
            ])
    }
}

extension DumpRegistrations {
    static var description: CommandDescription {
        CommandDescription(
            name: "rg.dumpregistrations",
            summary: "Returns all registered flows with their statistics.",
            complexity: "O(N) where N is the number of registrations.", since: "99.99.99", flags: "readonly",
            categories: .flowAdministrating)
    }
}

extension Unregister {
    static var description: CommandDescription {
        CommandDescription(
            name: "rg.unregister",
            summary: "Removes a registered flow.",
            complexity: "O(N) where N is the number of executions with ABORTPENDING, else O(1).",
            since: "99.99.99", flags: "write", categories: .flowAdministrating,
            arguments: [
                CommandArgument("id", .string),
                CommandArgument("abortpending", .token, token: "ABORTPENDING", isOptional: true),
            ])
    }
}

extension ClearRegistrationsStatistics {
    static var description: CommandDescription {
        CommandDescription(
            name: "rg.clearregistrationsstats",
            summary: "Has the statistics of all registered flows begin at 0.",
            complexity: "O(N) where N is the number of registrations.", since: "99.99.99", flags: "readonly",
            categories: .flowAdministrating)
    }
}

extension PauseRegistrations {
    static var description: CommandDescription {
        CommandDescription(
            name: "rg.pauseregistrations",
            summary: "Has flows of StreamReader start nothing more.",
            complexity: "O(N) where N is the number of registrations.", since: "99.99.99", flags: "readonly",
            categories: .flowAdministrating,
            arguments: [
                CommandArgument("abortpending", .token, token: "ABORTPENDING", isOptional: true),
                CommandArgument("id", .string, isMultiple: true),
            ])
    }
}

extension UnpauseRegistrations {
    static var description: CommandDescription {
        CommandDescription(
            name: "rg.unpauseregistrations",
            summary: "Has flows of StreamReader go on that were paused.",
            complexity: "O(N) where N is the number of registrations.", since: "99.99.99", flags: "readonly",
            categories: .flowAdministrating,
            arguments: [CommandArgument("id", .string, isMultiple: true)])
    }
}

extension DumpExecutions {
    static var description: CommandDescription {
        CommandDescription(
            name: "rg.dumpexecutions",
            summary: "Returns all executions that run or are kept.",
            complexity: "O(N) where N is the number of executions.", since: "99.99.99", flags: "readonly",
            categories: .flowAdministrating)
    }
}

extension GetExecution {
    static var description: CommandDescription {
        CommandDescription(
            name: "rg.getexecution",
            summary: "Returns the state of an execution and its steps.",
            complexity: "O(N) where N is the number of steps.", since: "99.99.99", flags: "readonly",
            categories: .flowAdministrating,
            arguments: [
                CommandArgument("id", .string),
                CommandArgument(
                    "scope", .oneOf, isOptional: true,
                    children: [
                        CommandArgument("shard", .token, token: "SHARD"),
                        CommandArgument("cluster", .token, token: "CLUSTER"),
                    ]),
            ])
    }
}

extension GetResults {
    static var description: CommandDescription {
        CommandDescription(
            name: "rg.getresults",
            summary: "Returns the results and errors of an execution that has ended.",
            complexity: "O(N) where N is the number of results.", since: "99.99.99", flags: "readonly",
            categories: .flowAdministrating,
            arguments: [
                CommandArgument("id", .string)
            ])
    }
}

extension GetResultsBlocking {
    static var description: CommandDescription {
        CommandDescription(
            name: "rg.getresultsblocking",
            summary: "Returns the results and errors of an execution once it has ended.",
            complexity: "O(N) where N is the number of results.", since: "99.99.99", flags: "readonly",
            categories: .flowAdministrating,
            arguments: [
                CommandArgument("id", .string)
            ])
    }
}

extension DropExecution {
    static var description: CommandDescription {
        CommandDescription(
            name: "rg.dropexecution",
            summary: "Forgets an execution that has ended.",
            complexity: "O(1)", since: "99.99.99", flags: "readonly", categories: .flowAdministrating,
            arguments: [
                CommandArgument("id", .string)
            ])
    }
}

extension AbortExecution {
    static var description: CommandDescription {
        CommandDescription(
            name: "rg.abortexecution",
            summary: "Ends an execution.",
            complexity: "O(1)", since: "99.99.99", flags: "readonly", categories: .flowAdministrating,
            arguments: [
                CommandArgument("id", .string)
            ])
    }
}

extension PyDumpSessions {
    static var description: CommandDescription {
        CommandDescription(
            name: "rg.pydumpsessions",
            summary: "Returns sessions and what they have registered.",
            complexity: "O(N) where N is the number of sessions.", since: "99.99.99", flags: "readonly",
            categories: .flowAdministrating,
            arguments: [
                CommandArgument("verbose", .token, token: "VERBOSE", isOptional: true),
                CommandArgument("dead", .token, token: "DEAD", isOptional: true),
                CommandArgument("id", .string, token: "SESSIONS", isOptional: true, isMultiple: true),
            ])
    }
}

extension ConfigGet {
    static var description: CommandDescription {
        CommandDescription(
            name: "rg.configget",
            summary: "Returns values of the configuration of flows.",
            complexity: "O(N) where N is the number of names.", since: "99.99.99", flags: "readonly",
            categories: .flowAdministrating, arguments: [CommandArgument("name", .string, isMultiple: true)])
    }
}

extension ConfigSet {
    static var description: CommandDescription {
        CommandDescription(
            name: "rg.configset",
            summary: "Changes the configuration of flows, or keeps values for flows to read.",
            complexity: "O(N) where N is the number of names.", since: "99.99.99", flags: "admin",
            categories: .flowAdministrating,
            arguments: [
                CommandArgument(
                    "setting", .block, isMultiple: true,
                    children: [CommandArgument("name", .string), CommandArgument("value", .string)])
            ])
    }
}

extension PyStats {
    static var description: CommandDescription {
        CommandDescription(
            name: "rg.pystats",
            summary: "Returns the memory of the Python process.",
            complexity: "O(1)", since: "99.99.99", flags: "readonly", categories: .flowAdministrating)
    }
}

extension InfoCluster {
    static var description: CommandDescription {
        CommandDescription(
            name: "rg.infocluster",
            summary: "Says that flows know of no other server.",
            complexity: "O(1)", since: "99.99.99", flags: "readonly", categories: .flowAdministrating)
    }
}

/// The categories of our commands, on servers that let a module name them.
extension CommandCategories {
    /// Code, and what tells of it.
    static let flowAdministrating = CommandCategories("admin dangerous", and: nil)
    /// What a flow does is done with the rights of whoever has registered it.
    static let flowTriggering = CommandCategories("slow", and: "ai")
}
