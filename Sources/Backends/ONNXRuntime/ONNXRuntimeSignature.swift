import CONNXRuntime
import Execution
import Tensors

/// What a session says of one of its inputs or outputs.
struct ONNXRuntimeSignature {
    let specification: TensorSpecification
    /// Nil if it is not a tensor, or its rank is unknown.
    let dimensions: [OutputPlan.Declared]?
}

/// Which end of a model.
enum ONNXRuntimeSide {
    case input
    case output
}

extension ONNXRuntimeLibrary {
    /// All inputs or outputs of a session, in order.
    func signatures(
        of session: OpaquePointer, _ side: ONNXRuntimeSide
    ) throws(ExecutionError) -> [ONNXRuntimeSignature] {
        var count = 0
        // Safety: the session is alive during the call, here and below.
        switch side {
        case .input: try unsafe table.check(onnx_session_input_count(table.pointer, session, &count))
        case .output: try unsafe table.check(onnx_session_output_count(table.pointer, session, &count))
        }
        var signatures: [ONNXRuntimeSignature] = []
        for index in 0..<count {
            let name = try unsafe name(of: session, side, index)
            signatures.append(try unsafe signature(of: session, side, index, name: name))
        }
        return signatures
    }

    private func name(
        of session: OpaquePointer, _ side: ONNXRuntimeSide, _ index: Int
    ) throws(ExecutionError) -> [UInt8] {
        var text: UnsafeMutablePointer<CChar>?
        // Safety: the text is ours until it is given back below.
        switch side {
        case .input:
            try unsafe table.check(
                onnx_session_input_name(table.pointer, session, index, allocator, &text))
        case .output:
            try unsafe table.check(
                onnx_session_output_name(table.pointer, session, index, allocator, &text))
        }
        guard let text = unsafe text else { return [] }
        let length = unsafe UnsafePointer(text).withMemoryRebound(to: UInt8.self, capacity: 1) { start in
            var length = 0
            while unsafe start[length] != 0 { length += 1 }
            return length
        }
        let name = unsafe UnsafeRawBufferPointer(start: text, count: length).map { $0 }
        try unsafe table.check(onnx_allocator_free(table.pointer, allocator, text))
        return name
    }

    private func signature(
        of session: OpaquePointer, _ side: ONNXRuntimeSide, _ index: Int, name: [UInt8]
    ) throws(ExecutionError) -> ONNXRuntimeSignature {
        var type: OpaquePointer?
        switch side {
        case .input:
            try unsafe table.check(onnx_session_input_type(table.pointer, session, index, &type))
        case .output:
            try unsafe table.check(onnx_session_output_type(table.pointer, session, index, &type))
        }
        guard let type = unsafe type else { throw .outOfMemory }
        // Safety: the type is ours until here; the tensor's part belongs to it.
        defer { unsafe onnx_type_info_release(table.pointer, type) }
        var tensor: OpaquePointer?
        try unsafe table.check(onnx_type_info_tensor(table.pointer, type, &tensor))
        guard let tensor = unsafe tensor else {
            let specification = TensorSpecification(name: name, type: nil, dimensions: nil)
            return ONNXRuntimeSignature(specification: specification, dimensions: nil)
        }
        var number: Int32 = 0
        try unsafe table.check(onnx_tensor_info_element_type(table.pointer, tensor, &number))
        let dimensions = try unsafe declaredDimensions(of: tensor)
        let known = dimensions.map { if case .number(let number) = $0 { number } else { Int?.none } }
        let specification = TensorSpecification(
            name: name, type: DataType(onnxElementType: number), dimensions: known)
        return ONNXRuntimeSignature(specification: specification, dimensions: dimensions)
    }

    private func declaredDimensions(
        of tensor: OpaquePointer
    ) throws(ExecutionError) -> [OutputPlan.Declared] {
        let numbers = try unsafe dimensions(of: tensor)
        var symbols = unsafe [UnsafePointer<CChar>?](repeating: nil, count: numbers.count)
        try unsafe table.check(
            onnx_tensor_info_symbols(table.pointer, tensor, &symbols, symbols.count))
        var declared: [OutputPlan.Declared] = []
        for index in numbers.indices {
            // Safety: the names belong to the tensor's type, which is alive during the call.
            let name = unsafe symbols[index].map { unsafe String(cString: $0) } ?? ""
            switch numbers[index] {
            case 0...: declared.append(.number(numbers[index]))
            default: declared.append(name.isEmpty ? .unknown : .name(name))
            }
        }
        return declared
    }

    /// The dimensions of a tensor or of a tensor's type; -1 where one is unknown.
    func dimensions(of tensor: OpaquePointer) throws(ExecutionError) -> [Int] {
        var rank = 0
        try unsafe table.check(onnx_tensor_info_rank(table.pointer, tensor, &rank))
        var dimensions = [Int64](repeating: 0, count: rank)
        try unsafe table.check(
            onnx_tensor_info_dimensions(table.pointer, tensor, &dimensions, rank))
        return dimensions.map { Int($0) }
    }
}
