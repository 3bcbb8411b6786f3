/// The rules, one for each operator.
extension ONNXOperatorRules {
    /// Says what is not valid, as the error does; nil if all is.
    typealias Rule = @Sendable (ONNXOperator) -> String?

    private static let own = "com.microsoft"

    /// They write or read by a shape that is known only when they run; nothing in use exports them.
    static let refused: Set<ONNXFunction.Identity> = [
        .init(name: "AttnLSTM", domain: own), .init(name: "Inverse", domain: own),
    ]

    static let rules: [ONNXFunction.Identity: Rule] = [
        // A builder of the equation's terms looks for ever for the end of a sign that it does not know.
        .init(name: "Einsum"): { $0.attribute("equation") { EinsumEquation.isValid($0.text) } },
        .init(name: "GatherND"): batchDimensions,
        .init(name: "GatherND", domain: own): batchDimensions,
        .init(name: "RandomNormal"): deviation,
        .init(name: "RandomNormalLike"): deviation,
        .init(name: "RandomUniform"): limits,
        .init(name: "RandomUniformLike"): limits,
        .init(name: "ReverseSequence"): { one in
            one.input([0]) { $0.mayBe { $0.count > 1 } }
                ?? one.attribute("time_axis") { (0...1).contains($0.integer) }
                ?? one.attribute("batch_axis") { (0...1).contains($0.integer) }
        },
        // Of no rows, the first is taken.
        .init(name: "Unique"): { one in
            one.values["axis"] == nil ? nil : one.input([0]) { $0.mayBe { !$0.contains(0) } }
        },
        .init(name: "FeatureVectorizer", domain: "ai.onnx.ml"): featureSizes,
        // An input that is listed and left out counts as one that is there.
        .init(name: "DFT"): { $0.input([2], \.isGiven) },
        .init(name: "LayerNormalization"): { $0.input([2], \.isGiven) },
        // One that is not listed counts as one that is there.
        .init(name: "QLinearLeakyRelu", domain: own): allListed,
        .init(name: "QLinearSigmoid", domain: own): allListed,
        // Tables are made of constants whose shapes are not looked at.
        .init(name: "QLinearWhere", domain: own): { one in
            one.input([2, 3, 5, 6, 7, 8]) { $0.isConstant { $0.allSatisfy { $0 == 1 } } }
        },
        .init(name: "DynamicQuantizeMatMul", domain: own): { product($0, scales: [2]) },
        .init(name: "MatMulIntegerToFloat", domain: own): { product($0, scales: [2, 3]) },
    ]

    private static let batchDimensions: Rule = { $0.attribute("batch_dims") { $0.integer >= 0 } }

    /// The generator of random numbers ends the process over a deviation of none, or limits backwards.
    private static let deviation: Rule = { $0.attribute("scale") { $0.real > 0 } }

    private static let limits: Rule = { one in
        let lowest = one.values["low"]?.map(\.real) ?? [0]
        return one.values["high"] == nil
            ? one.attribute("low") { $0.real <= 1 && $0.real.isFinite }
            : one.attribute("high") { high in
                lowest.allSatisfy { $0 <= high.real && (high.real - $0).isFinite }
            }
    }

    /// What is given for each input is written to the output as it says, wherever that is.
    private static let featureSizes: Rule = { one in
        one.attribute("inputdimensions") { sizes in
            sizes.integers.count == one.inputs.count
                && sizes.integers.allSatisfy { (1...ONNXOperator.maximumFeatures).contains($0) }
        }
    }

    private static let allListed: Rule = { $0.inputs.count == 5 ? nil : "input 4" }

    /// Weights of other than two dimensions are taken for a matrix, and scales for such as the product has
    /// room for: a number for all of it or for each column.
    private static func product(_ one: ONNXOperator, scales: [Int]) -> String? {
        one.input([1]) { $0.isConstant { $0.count == 2 } }
            ?? one.input(scales) { scale in
                scale.isConstant { shape in
                    shape.allSatisfy { $0 == 1 }
                        || one.inputs[1].isConstant { $0[1] > 1 && shape.isRow(of: $0[1]) }
                }
            }
    }
}

extension [Int64] {
    /// Whether it is the shape of so many numbers in a row.
    fileprivate func isRow(of count: Int64) -> Bool { last == count && dropLast().allSatisfy { $0 == 1 } }
}
