/// The four commands that run DAGs: they differ in what they allow.
enum DagDialect: Sendable {
    case execute
    case executeReadOnly
    case run
    case runReadOnly

    var isReadOnly: Bool { self == .executeReadOnly || self == .runReadOnly }

    /// Whether commands within the DAG have their older spelling.
    var isDeprecated: Bool { self == .run || self == .runReadOnly }

    /// Words of the shortest call, the command's name included.
    var leastWordCount: Int { isDeprecated ? 4 : 6 }

    var tooFewWords: CommandError {
        switch self {
        case .execute: .dag(.wordsMissing("AI.DAGEXECUTE"))
        case .executeReadOnly: .dag(.wordsMissing("AI.DAGEXECUTE_RO"))
        case .run: .arity("AI.DAGRUN")
        case .runReadOnly: .arity("AI.DAGRUN_RO")
        }
    }
}
