import CTensorFlow
import Execution
import Tensors

/// An input or output of a model: a name, what is known of it, and where it is in the graph.
struct TensorFlowEnd {
    let specification: TensorSpecification
    /// The node and the number of its output, valid in any copy of the graph.
    let node: [CChar]
    let index: Int32

    /// The name of a node's output, as `node:output`, taken apart; without a number it is the first one.
    static func parts(_ name: String) -> (node: String, index: Int32) {
        guard let colon = name.lastIndex(of: ":"), let index = Int32(name[name.index(after: colon)...]),
            index >= 0
        else { return (name, 0) }
        return (String(name[..<colon]), index)
    }
}

extension TensorFlowModel {
    /// The node of this name with an output of this number; nil if there is none.
    func output(_ node: [CChar], _ index: Int32) -> tensorflow_output? {
        // Safety: the graph and its nodes are alive as long as this object; the text ends with a NUL.
        guard let operation = unsafe functions.pointer.pointee.TF_GraphOperationByName(graph, node),
            unsafe index < functions.pointer.pointee.TF_OperationNumOutputs(operation)
        else { return nil }
        return unsafe tensorflow_output(operation: operation, index: index)
    }

    /// Whether values can be given for a node.
    func isPlaceholder(_ output: tensorflow_output) -> Bool {
        guard let operation = unsafe output.operation,
            let type = unsafe functions.pointer.pointee.TF_OperationOpType(operation)
        else { return false }
        return unsafe ["Placeholder", "PlaceholderV2"].contains(String(cString: type))
    }

    /// What the graph says of an output before it runs.
    func specification(
        of output: tensorflow_output, named name: [UInt8]
    ) throws(ExecutionError) -> TensorSpecification {
        // Safety: as above.
        let type = unsafe DataType(
            tensorFlowType: functions.pointer.pointee.TF_OperationOutputType(output))
        let rank = try unsafe functions.check {
            unsafe $0.TF_GraphGetTensorNumDims(graph, output, $1)
        }
        guard rank >= 0 else { return TensorSpecification(name: name, type: type, dimensions: nil) }
        var dimensions = [Int64](repeating: -1, count: Int(rank))
        try unsafe functions.check {
            unsafe $0.TF_GraphGetTensorShape(graph, output, &dimensions, rank, $1)
        }
        return TensorSpecification(
            name: name, type: type, dimensions: dimensions.map { $0 < 0 ? nil : Int($0) })
    }
}
