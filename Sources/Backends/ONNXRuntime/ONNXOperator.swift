/// An operator of an ONNX model as a rule looks at it.
struct ONNXOperator {
    /// An input: whether one is given, and, if that is known from `ONNXConstants`, its shape.
    struct Input {
        let isGiven: Bool
        /// Several where graphs inside the model use the name again; none if it comes with a run, nil if
        /// there are too many to tell.
        let shapes: [[Int64]]?
        /// Whether its name stands for constants alone.
        let isAlwaysConstant: Bool

        /// Whether its shape is known, and it, or each, is such.
        func isConstant(_ suits: ([Int64]) -> Bool) -> Bool { isAlwaysConstant && mayBe(suits) }

        /// The same, also if it comes with a run.
        func mayBe(_ suits: ([Int64]) -> Bool) -> Bool { shapes?.allSatisfy(suits) ?? false }
    }

    let inputs: [Input]
    /// The values that its attributes may have, by their names; several where functions of the model give
    /// them, and none for an attribute that has its default.
    let values: [String: [ONNXAttribute]]

    /// Columns of one input that are believed.
    static let maximumFeatures: Int64 = 1 << 24

    /// The attribute's name, as a rule says it, if it has a value that is not such.
    func attribute(_ name: String, _ suits: (ONNXAttribute) -> Bool) -> String? {
        values[name, default: []].allSatisfy(suits) ? nil : "attribute \"\(name)\""
    }

    /// The first of these inputs, as a rule says it, that there is and that is not such.
    func input(_ indices: [Int], _ suits: (Input) -> Bool) -> String? {
        indices.first { inputs.indices.contains($0) && !suits(inputs[$0]) }.map { "input \($0)" }
    }
}
