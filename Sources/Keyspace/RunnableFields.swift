import Execution
import Redis

/// Reads fields that models and scripts share from an RDB payload.
enum RunnableFields {
    static func device(_ reader: borrowing RDBReader) throws(RDBError) -> Device {
        guard let device = Device(try terminated(reader)) else { throw .invalid("an unknown device") }
        return device
    }

    static func names(_ reader: borrowing RDBReader) throws(RDBError) -> [[UInt8]] {
        var names: [[UInt8]] = []
        for _ in 0..<(try reader.count()) { names.append(try terminated(reader)) }
        return names
    }

    /// A string that was saved with the NUL at its end.
    static func terminated(_ reader: borrowing RDBReader) throws(RDBError) -> [UInt8] {
        var bytes = try reader.bytes()
        guard bytes.popLast() == 0 else { throw .invalid("a name without its end") }
        return bytes
    }
}
