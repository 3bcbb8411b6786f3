import Execution
import Redis
import Tensors

/// Models of the encodings 0 and 1; 2 and 3 are the same as 4.
extension ModelFields {
    /// The tag ends with a NUL, and the bytes are one string.
    static func readVersion0(_ reader: borrowing RDBReader) throws(RDBError) -> ModelDefinition {
        let backend = try backend(reader)
        let device = try RunnableFields.device(reader)
        let tag = try RunnableFields.terminated(reader)
        let (batching, inputs, outputs) = try middle(reader)
        return ModelDefinition(
            backend: backend, device: device, tag: tag, batching: batching, inputNames: inputs,
            outputNames: outputs, bytes: SharedBytes(try reader.block()))
    }

    /// As the current one, without a time limit for small batches.
    static func readVersion1(_ reader: borrowing RDBReader) throws(RDBError) -> ModelDefinition {
        let backend = try backend(reader)
        let device = try RunnableFields.device(reader)
        let tag = try reader.bytes()
        let (batching, inputs, outputs) = try middle(reader)
        return ModelDefinition(
            backend: backend, device: device, tag: tag, batching: batching, inputNames: inputs,
            outputNames: outputs, bytes: try chunks(reader))
    }

    private static func middle(
        _ reader: borrowing RDBReader
    ) throws(RDBError) -> (BatchSettings, [[UInt8]], [[UInt8]]) {
        let batching = BatchSettings(maximumSize: try reader.count(), minimumSize: try reader.count())
        let inputs = try RunnableFields.names(reader)
        return (batching, inputs, try RunnableFields.names(reader))
    }
}
