import Glibc

/// The descriptors of this process that show a file, other than a given one.
enum OpenDescriptors {
    /// How many show the same file as a descriptor, itself not counted.
    static func others(like descriptor: Int32) -> Int {
        var wanted = stat()
        fstat(descriptor, &wanted)
        return (0..<Int32(1024)).count { other in
            var found = stat()
            return other != descriptor && fstat(other, &found) == 0 && found.st_dev == wanted.st_dev
                && found.st_ino == wanted.st_ino
        }
    }
}
