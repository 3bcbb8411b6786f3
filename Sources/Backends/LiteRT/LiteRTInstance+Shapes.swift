import CLiteRT
import Execution
import Glibc
import Tensors

/// What the runtime is told of shapes, and what it tells.
extension LiteRTInstance {
    /// Makes everything ready for the shapes of these inputs, if it is not.
    func makeReady(for inputs: [Tensor]) throws(ExecutionError) {
        if let shapes, Self.areShapes(shapes, of: inputs) { return }
        shapes = nil
        for index in inputs.indices { try resize(index, to: inputs[index].shape) }
        try makeReady()
        shapes = inputs.map(\.shape)
    }

    private func resize(_ index: Int, to shape: TensorShape) throws(ExecutionError) {
        let input = signature.inputs[index]
        let declared = input.dimensions ?? []
        let name = String(decoding: input.name, as: UTF8.self)
        guard shape.elementCount > 0 else {
            throw LiteRTFailure.resize.error("input '\(name)' has no elements, which LiteRT cannot take")
        }
        let isDynamic = declared.contains(nil)
        let isFitting =
            !isDynamic
            || (shape.rank == declared.count
                && declared.indices.allSatisfy { declared[$0] == nil || declared[$0] == shape[$0] })
        let isPossible =
            shape.rank <= Int(LITERT_MAXIMUM_RANK) && (shape.rank == 0) == declared.isEmpty
            && shape.dimensions.allSatisfy { $0 <= Int32.max }
        guard isFitting, isPossible else {
            let wanted = declared.map { $0.map(String.init) ?? "-1" }.joined(separator: ", ")
            let given = shape.dimensions.map(String.init).joined(separator: ", ")
            throw LiteRTFailure.resize.error("input '\(name)' has shape [\(wanted)], not [\(given)]")
        }
        // A scalar stays one.
        guard shape.rank > 0 else { return }
        let dimensions = shape.dimensions.map { Int32($0) }
        let status =
            isDynamic
            ? unsafe functions.pointee.resize(compiled, 0, index, dimensions, dimensions.count)
            : unsafe functions.pointee.resize_freely(compiled, 0, index, dimensions, dimensions.count)
        guard status == 0 else { throw failure(.resize) }
    }

    /// Lays out memory for the present shapes of the inputs and learns those of the outputs.
    func makeReady() throws(ExecutionError) {
        var layouts = try layouts(makesReady: true)
        var shapes: [TensorShape] = []
        for index in model.outputs.indices {
            let isScalar = model.outputs[index].dimensions?.isEmpty == true
            // What is measured is not known yet, and of a scalar the copy has another rank.
            let isLeft = model.measured.contains(index) || (model.hasCopies && isScalar)
            shapes.append(isLeft ? .scalar : try shape(of: index, &layouts[index]))
        }
        outputShapes = shapes
    }

    /// How many elements each output has as far as the runtime knows: what it had in the last run, perhaps.
    func presentElementCounts() throws(ExecutionError) -> [Int] {
        var layouts = try layouts(makesReady: false)
        return model.outputs.indices.map { index in
            let rank = unsafe min(litert_layout_rank(&layouts[index]), Int(LITERT_MAXIMUM_RANK))
            var count = 1
            for axis in 0..<rank {
                let (product, overflow) = count.multipliedReportingOverflow(
                    by: Int(unsafe litert_layout_dimension(&layouts[index], axis)))
                count = overflow ? 0 : product
            }
            return count
        }
    }

    private func layouts(makesReady: Bool) throws(ExecutionError) -> [litert_layout] {
        let count = signature.outputs.count
        // The runtime writes all dimensions of an output, also if they are more than a layout has room for.
        let room = count + 64
        var layouts = [litert_layout](repeating: litert_layout(), count: room)
        let status = unsafe functions.pointee.output_layouts(compiled, 0, count, &layouts, makesReady)
        guard status == 0 else { throw failure(.allocate) }
        return layouts
    }

    private func shape(of output: Int, _ layout: inout litert_layout) throws(ExecutionError) -> TensorShape {
        let name = String(decoding: signature.outputs[output].name, as: UTF8.self)
        let rank = unsafe litert_layout_rank(&layout)
        guard rank <= LITERT_MAXIMUM_RANK else {
            throw LiteRTFailure.allocate.error("output '\(name)' has too many dimensions")
        }
        let dimensions = (0..<rank).map { axis in Int(unsafe litert_layout_dimension(&layout, axis)) }
        guard dimensions.allSatisfy({ $0 > 0 }) else {
            throw LiteRTFailure.allocate.error("output '\(name)' has no elements, which LiteRT cannot give")
        }
        do throws(TensorError) { return try TensorShape(dimensions) } catch { throw .outOfMemory }
    }

    /// The error that the runtime's last words stand for; clears them.
    func failure(_ what: LiteRTFailure) -> ExecutionError {
        var text: UnsafeMutablePointer<CChar>?
        // Safety: the text is ours, and copied before it is freed.
        guard unsafe functions.pointee.error_text(compiled, &text) == 0, let text = unsafe text else {
            return what.error()
        }
        defer { unsafe free(text) }
        unsafe _ = functions.pointee.clear_errors(compiled)
        return what.error(unsafe Self.reason(String(cString: text)))
    }

    /// The first of the runtime's words that say something to the client.
    private static func reason(_ words: String) -> String {
        // An output whose memory the runtime takes only while it runs.
        if words.contains("kTfLiteArenaRwPersistent") {
            return "the shape of an output depends on values, which LiteRT cannot give"
        }
        return words.split(separator: "\n").first.map(String.init) ?? ""
    }
}
