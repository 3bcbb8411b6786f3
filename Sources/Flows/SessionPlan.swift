/// What a new script does to the sessions there are.
enum SessionPlan: Equatable {
    case create
    /// It takes the place of this one, once it has run well.
    case replace([UInt8])

    /// - Parameters:
    ///   - id: the name that the new session is to have; nil if any will do.
    ///   - isUpgrade: whether there may be one of that name, which is replaced then.
    ///   - replaced: the one of another name to be replaced.
    ///   - exists: whether there is a session of a name.
    /// - Throws: `.sessionExists`, `.cannotReplaceExisting`, `.replacedSessionMissing`.
    init(
        id: [UInt8]?, isUpgrade: Bool, replaced: [UInt8]?, exists: ([UInt8]) -> Bool
    ) throws(FlowError) {
        let isTaken = id.map(exists) ?? false
        if let replaced {
            if let id, isTaken {
                throw .cannotReplaceExisting(new: Self.text(id), old: Self.text(replaced))
            }
            guard exists(replaced) else { throw .replacedSessionMissing(Self.text(replaced)) }
            self = .replace(replaced)
        } else if let id, isTaken {
            guard isUpgrade else { throw .sessionExists(Self.text(id)) }
            self = .replace(id)
        } else {
            self = .create
        }
    }

    private static func text(_ id: [UInt8]) -> String { String(decoding: id, as: UTF8.self) }
}
