/// What a value in a message begins with: the types of version 2 of Python's `marshal` that travel.
///
/// Version 2 has neither references to what came before nor short forms. It writes a float as `real` and
/// every `str` as `text`, interned or not.
enum MessageCode {
    static let none = UInt8(ascii: "N")
    static let yes = UInt8(ascii: "T")
    static let no = UInt8(ascii: "F")
    /// 32 bits.
    static let integer = UInt8(ascii: "i")
    /// The number of digits, negative if the integer is, in 32 bits; then digits of 15, the lowest first.
    static let long = UInt8(ascii: "l")
    /// The 64 bits of a double.
    static let real = UInt8(ascii: "g")
    /// The number of bytes in 32 bits, and the bytes.
    static let bytes = UInt8(ascii: "s")
    static let text = UInt8(ascii: "u")
    /// The number of values in 32 bits, and the values.
    static let tuple = UInt8(ascii: "(")
    static let list = UInt8(ascii: "[")
    /// Keys and values by turns, up to `end` in the place of a key.
    static let dict = UInt8(ascii: "{")
    static let end = UInt8(ascii: "0")

    /// Bits of a digit of `long`.
    static let digitBitCount = 15
    /// Digits that 64 bits can have.
    static let digitCount = 5
}
