/// Parts of messages, written without the writer.
enum Bytes {
    /// A code and a number of 32 bits.
    static func of(_ code: String, _ number: Int32) -> [UInt8] {
        Array(code.utf8) + withUnsafeBytes(of: number.littleEndian, Array.init)
    }

    /// An integer in digits of 15 bits.
    static func long(_ count: Int32, _ digits: [UInt16]) -> [UInt8] {
        of("l", count) + digits.flatMap { withUnsafeBytes(of: $0.littleEndian, Array.init) }
    }
}
