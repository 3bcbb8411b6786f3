/// The elements of a vector in a flatbuffer, each as wide as its reader wants it.
package struct FlatBufferVector {
    /// Where the first one begins.
    package let start: Int
    package let count: Int

    package init(start: Int, count: Int) {
        self.start = start
        self.count = count
    }
}
