/// Says whether the shapes of what an operator gives are known before a run.
///
/// The numbers are those of the schema. An operator that is not listed here counts as one whose results can
/// have any shape; so does one that takes as a value, and not as a weight, what decides about the shape.
enum LiteRTShapeRule {
    /// The shapes of the results follow from those of the operands: sums, convolutions, activations, ...
    private static let byShapes: Set<Int> = [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 16, 17, 18, 19, 20, 21, 24, 25, 26, 27, 28, 35, 36, 41,
        42, 43, 44, 46, 47, 50, 52, 53, 54, 55, 57, 58, 59, 61, 62, 63, 64, 66, 71, 72, 73, 75, 76, 78, 80,
        83, 84, 86, 87, 88, 90, 92, 93, 95, 98, 99, 101, 104, 105, 106, 107, 108, 111, 112, 113, 114, 115,
        116, 117, 123, 126, 128, 132, 147, 150, 151, 152, 156, 158, 159, 160, 161,
    ]
    /// The inputs behind the first one decide as well: reshapes, slices, paddings, sums over axes, ...
    private static let byLaterInputs: Set<Int> = [
        22, 23, 34, 37, 38, 39, 40, 45, 48, 56, 60, 65, 69, 70, 74, 79, 81, 82, 85, 89, 91, 97, 100, 102,
        130, 140,
    ]
    /// The first input decides as well: a division into parts, a filled tensor, transposed convolutions.
    private static let byFirstInput: Set<Int> = [49, 67, 94, 141]
    /// Numbers of the schema for types whose tensors have no size before a run: texts and handles.
    private static let typesWithoutSize: Set<Int> = [5, 13, 14]

    /// - Parameters:
    ///   - areWeights: of each input.
    ///   - types: of all inputs and outputs.
    static func isShapeKnown(_ code: Int, areWeights: [Bool], types: [Int]) -> Bool {
        guard typesWithoutSize.isDisjoint(with: types) else { return false }
        if byShapes.contains(code) { return true }
        if byLaterInputs.contains(code) { return areWeights.dropFirst().allSatisfy(\.self) }
        if byFirstInput.contains(code) { return areWeights.first == true }
        return false
    }
}
