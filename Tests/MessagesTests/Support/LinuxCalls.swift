import Glibc

/// Functions of the C library that Swift does not see, as they are not of POSIX.
enum LinuxCalls {
    static let memfd_create = unsafeBitCast(
        dlsym(nil, "memfd_create"), to: (@convention(c) (UnsafePointer<CChar>, UInt32) -> Int32).self)

    static let fallocate = unsafeBitCast(
        dlsym(nil, "fallocate"), to: (@convention(c) (Int32, Int32, Int, Int) -> Int32).self)
}
