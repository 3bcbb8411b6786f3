import Glibc

/// Where the bytes of tensors come from.
///
/// `Tensors` knows no server: the module hands in the server's allocator when it is loaded, so that
/// tensors count in the server's memory. Until then the C library's serves, as it does in unit tests.
@safe
public struct TensorAllocator: Sendable {
    /// Returns nil if there is not enough memory; any thread.
    let allocate: @convention(c) (Int) -> UnsafeMutableRawPointer?
    /// Takes what `allocate` returned; any thread.
    let free: @convention(c) (UnsafeMutableRawPointer?) -> Void
    /// Bytes that a block of `allocate` really takes, the allocator's own rounding included; 0 if unknown.
    let size: @convention(c) (UnsafeMutableRawPointer?) -> Int
    /// Whether there is memory for so many bytes beside tensors; any thread.
    let room: @convention(c) (Int) -> Bool

    /// - Parameters:
    ///   - allocate: returns at least 8-byte aligned memory or nil.
    ///   - free: releases it.
    ///   - size: tells what a block takes.
    public init(
        allocate: @escaping @convention(c) (Int) -> UnsafeMutableRawPointer?,
        free: @escaping @convention(c) (UnsafeMutableRawPointer?) -> Void,
        size: @escaping @convention(c) (UnsafeMutableRawPointer?) -> Int,
        room: @escaping @convention(c) (Int) -> Bool
    ) {
        unsafe self.allocate = allocate
        unsafe self.free = free
        unsafe self.size = size
        self.room = room
    }

    /// Whether there is memory for so many bytes now, beside tensors: in arrays and texts, whose failed
    /// allocation would end the process. To be asked where a client decides how many it is, for all of a
    /// piece of work at once.
    public static func hasRoom(for byteCount: Int) -> Bool { unsafe currentAllocator.room(byteCount) }

    /// Allocates something and frees it, so that the calling thread has what the allocator keeps for it.
    public static func touch() { unsafe currentAllocator.free(currentAllocator.allocate(1)) }

    /// Makes this the allocator of all tensors made from now on.
    /// - Precondition: no tensor exists yet; called once, before other threads are started.
    public func install() {
        // Safety: written once, at load, before any other thread of ours exists.
        unsafe currentAllocator = self
    }
}

/// Safety: written by `install()` only, before any thread could read it.
nonisolated(unsafe) var currentAllocator = unsafe TensorAllocator(
    allocate: { unsafe malloc($0) }, free: { unsafe Glibc.free($0) }, size: { _ in 0 },
    room: { $0 >= 0 })
