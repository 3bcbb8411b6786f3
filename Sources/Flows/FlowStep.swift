import Messages

/// A step of a flow, as RG.GETEXECUTION tells of it.
struct FlowStep {
    /// `map`, `filter`, ...
    let type: String
    /// The callback's name.
    let argument: [UInt8]

    /// The steps that Python tells of; those that make no sense are left out.
    static func list(_ value: MessageValue?) -> [FlowStep] {
        (value?.asList ?? []).compactMap { step in
            guard let parts = step.asList, parts.count == 2, let type = parts[0].asText,
                let argument = parts[1].asBytes
            else { return nil }
            return FlowStep(type: type, argument: Array(argument))
        }
    }
}
