import CSharedAPI
import Synchronization
import Tensors

/// Memory of another module, which a tensor reads where it lies.
@safe
final class CallersMemory: @unchecked Sendable {
    private let data: UnsafeMutableRawPointer?
    private let byteCount: Int
    private let release: RAI_ReleaseCB
    private let privateData: UnsafeMutableRawPointer?
    /// Whether it is ours until it is released.
    private let isTaken = Atomic<Bool>(false)

    init(
        _ data: UnsafeMutableRawPointer?, byteCount: Int, _ release: @escaping RAI_ReleaseCB,
        _ privateData: UnsafeMutableRawPointer?
    ) {
        unsafe self.data = data
        self.byteCount = byteCount
        unsafe self.release = release
        unsafe self.privateData = privateData
    }

    /// The memory as the bytes of a tensor. The last owner gives it back, if it was taken.
    var bytes: SharedBytes {
        // Safety: it lies there until it is given back.
        unsafe SharedBytes(start: UnsafeRawPointer(data), count: byteCount) { self.giveBack() }
    }

    /// From now on it is ours.
    func take() { isTaken.store(true, ordering: .releasing) }

    private func giveBack() {
        guard isTaken.exchange(false, ordering: .acquiringAndReleasing) else { return }
        unsafe release(data, privateData)
    }
}
