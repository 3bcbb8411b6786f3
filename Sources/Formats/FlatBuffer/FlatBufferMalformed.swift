/// Something in a flatbuffer points beyond its end.
package struct FlatBufferMalformed: Error {
    package init() {}
}
