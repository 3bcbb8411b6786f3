import Glibc

/// A clock that never goes back; its zero means nothing.
public enum Monotonic {
    public static var nanoseconds: Int {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}
