import Synchronization

/// Some threads' share of the counters, on a cache line of its own.
struct ONNXRuntimeMemoryCounters: ~Copyable {
    private let bytes = Atomic<Int>(0)
    private let calls = Atomic<Int>(0)
    private let padding: (Int, Int, Int, Int, Int, Int) = (0, 0, 0, 0, 0, 0)

    var byteCount: Int { bytes.load(ordering: .relaxed) }
    var callCount: Int { calls.load(ordering: .relaxed) }

    func add(_ byteCount: Int) { bytes.wrappingAdd(byteCount, ordering: .relaxed) }

    func addCall() { calls.wrappingAdd(1, ordering: .relaxed) }

    /// - Returns: false if there would be more than `maximum` bytes then; nothing is added.
    func add(_ byteCount: Int, upTo maximum: Int) -> Bool {
        var old = bytes.load(ordering: .relaxed)
        var isAdded = false
        while !isAdded {
            guard byteCount <= maximum - old else { return false }
            (isAdded, old) = bytes.weakCompareExchange(
                expected: old, desired: old + byteCount, ordering: .relaxed)
        }
        return true
    }
}
