import Redis
import Tensors

/// Tensors of the encodings 0 to 3, which only hold numbers on a device.
extension TensorFields {
    static func readVersion0(_ reader: borrowing RDBReader) throws(RDBError) -> TensorFields {
        // Device type and number: all data are in main memory by now.
        _ = try reader.unsigned()
        _ = try reader.unsigned()
        let bits = try reader.unsigned()
        let code = try reader.unsigned()
        guard try reader.unsigned() == 1 else { throw .invalid("elements of several lanes") }
        let rank = try reader.count()
        var dimensions: [Int] = []
        for _ in 0..<rank { dimensions.append(try reader.count()) }
        // Strides: always those of contiguous data.
        for _ in 0..<rank { _ = try reader.unsigned() }
        guard try reader.unsigned() == 0 else { throw .invalid("data that do not begin at the beginning") }
        let data = SharedBytes(try reader.block())
        guard TensorFields.dataType(code: code, bits: bits) != .string else {
            throw .invalid("strings in an encoding without them")
        }
        return TensorFields(code: code, bits: bits, dimensions: dimensions, data: data, offsets: [])
    }
}
