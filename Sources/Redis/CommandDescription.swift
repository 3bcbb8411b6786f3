/// What `COMMAND`, `COMMAND DOCS` and cluster clients are told about a command.
public struct CommandDescription: Sendable {
    public var name: StaticString
    public var summary: StaticString
    public var complexity: StaticString
    public var since: StaticString
    /// The server's words: `write`, `readonly`, `deny-oom`, `getkeys-api`, ...
    public var flags: StaticString
    public var categories: CommandCategories
    /// For servers that know only one range of keys: first, last, step; 0 without keys.
    public var keyRange: (first: Int, last: Int, step: Int)
    public var keys: [KeySpecification]
    public var arguments: [CommandArgument]

    public init(
        name: StaticString, summary: StaticString, complexity: StaticString, since: StaticString,
        flags: StaticString, categories: CommandCategories,
        keyRange: (first: Int, last: Int, step: Int) = (0, 0, 0),
        keys: [KeySpecification] = [], arguments: [CommandArgument] = []
    ) {
        self.name = name
        self.summary = summary
        self.complexity = complexity
        self.since = since
        self.flags = flags
        self.categories = categories
        self.keyRange = keyRange
        self.keys = keys
        self.arguments = arguments
    }
}

/// Where some of a command's keys stand, and what is done to them.
public struct KeySpecification: Sendable {
    public enum Place: Sendable {
        /// The word at this index.
        case index(Int)
        /// As many words after the keyword as the word behind it says; looked for from the word `from` on.
        case counted(after: StaticString, from: Int = 2)
        /// The word behind the keyword, looked for from the word `from` on.
        case single(after: StaticString, from: Int)
        /// Words after the keyword up to the command's end, not all of them keys; looked for from `from` on.
        case rest(after: StaticString, from: Int = 2)
    }

    public enum Access: Sendable {
        case read
        /// The value is replaced without being read.
        case overwrite
        /// The value may be read and changed.
        case update
        case delete
        /// State beside the value is read.
        case inspect
        /// Not a key: says where in a cluster the command belongs.
        case route
    }

    public var place: Place
    public var access: Access
    /// Whether other words can look like the keyword, so that the server has to ask the command itself.
    public var isAmbiguous: Bool

    public init(_ place: Place, _ access: Access, isAmbiguous: Bool = false) {
        self.place = place
        self.access = access
        self.isAmbiguous = isAmbiguous
    }
}

/// One argument in `COMMAND DOCS`.
public struct CommandArgument: Sendable {
    public enum Kind: Sendable {
        case string
        case integer
        case token
        case oneOf
        case block
        /// A key; the index of its entry in the command's `keys`.
        case key(specification: Int)
    }

    public var name: StaticString
    public var kind: Kind
    public var token: StaticString?
    public var isOptional: Bool
    public var isMultiple: Bool
    public var children: [CommandArgument]

    public init(
        _ name: StaticString, _ kind: Kind, token: StaticString? = nil, isOptional: Bool = false,
        isMultiple: Bool = false, children: [CommandArgument] = []
    ) {
        self.name = name
        self.kind = kind
        self.token = token
        self.isOptional = isOptional
        self.isMultiple = isMultiple
        self.children = children
    }
}
