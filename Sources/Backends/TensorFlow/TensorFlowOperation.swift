/// What the library says of an operation, as far as a graph is checked against it.
struct TensorFlowOperation {
    /// How many tensors an input or output of an operation is.
    enum Count {
        case one
        /// As many as an attribute says.
        case number(String)
        /// As many as an attribute lists types.
        case types(String)

        /// The attribute that says how many, if one does.
        var attribute: String? {
            switch self {
            case .one: nil
            case .number(let name), .types(let name): name
            }
        }
    }

    /// The attributes without a default value.
    var requiredAttributes: [String] = []
    var inputs: [Count] = []
    var outputs: [Count] = []
}
