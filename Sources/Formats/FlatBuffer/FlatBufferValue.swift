/// A value of a flatbuffer that is to be written.
package indirect enum FlatBufferValue {
    case byte(UInt8)
    case number(Int32)
    /// What lies at that place of the older buffer.
    case older(Int)
    case text([UInt8])
    case list([FlatBufferValue])
    /// Values by the numbers of their fields.
    case table([Int: FlatBufferValue])
}
