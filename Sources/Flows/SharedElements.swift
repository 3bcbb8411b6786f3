import Messages
import Tensors

/// Memory that the server and a Python process share, for the elements of large tensors. Main thread.
struct SharedElements: ~Copyable {
    /// Elements of fewer bytes travel in messages; the Python side has the same limit.
    static let leastByteCount = 16 << 10

    private let side: Int32
    private var own = RegionPool()
    private var foreign = ForeignRegions()
    /// Regions of ours with the elements of tensors, by the tensors' numbers.
    private var lent: [Int: Int] = [:]

    /// - Parameter side: the socket for descriptors; the caller's, open as long as this is used.
    init(side: Int32) { self.side = side }

    // MARK: What Python reads

    /// The region with the elements of a tensor, which keeps it until the tensor's number is released.
    /// - Returns: nil if there is no memory for it now.
    mutating func region(of tensor: Tensor, numbered number: Int) -> Int? {
        if let region = lent[number] { return region }
        do throws(RegionError) {
            let region = try own.lend(byteCount: tensor.byteCount, over: side)
            lent[number] = region
            try tensor.withBytes { bytes throws(RegionError) in try own.write(bytes, to: region) }
            return region
        } catch {
            release(tensor: number)
            return nil
        }
    }

    /// Regions that are gone since the last call, of which Python should know.
    mutating func takeDropped() -> [Int] { own.takeDropped() }

    /// Nobody reads the elements of that tensor any more.
    mutating func release(tensor number: Int) {
        guard let region = lent.removeValue(forKey: number) else { return }
        // It is lent, since it was in the list.
        try? own.giveBack(region)
    }

    // MARK: What Python writes

    /// Whether Python has shared so many bytes under a number.
    /// - Throws: `ObjectError.sharedMemory` if what it has announced is wrong; `.unknown`; `.command` if
    ///   there are fewer bytes.
    mutating func check(_ number: Int, byteCount: Int) throws(FlowError) {
        do throws(RegionError) { return try foreign.check(number, byteCount: byteCount) } catch {
            guard case .unknownNumber = error else { throw .command(.byteCountMismatch) }
        }
        try receive()
        do throws(RegionError) { try foreign.check(number, byteCount: byteCount) } catch {
            throw .object(.unknown("region"))
        }
    }

    /// Copies the first bytes of what was checked, as many as the target has.
    /// - Returns: false if they are not there.
    func copy(_ number: Int, into target: inout MutableSpan<UInt8>) -> Bool {
        do throws(RegionError) { try foreign.copy(number, into: &target) } catch { return false }
        return true
    }

    /// Python does not use a region of its own any more.
    /// - Throws: `ObjectError.sharedMemory`.
    mutating func release(foreign number: Int) throws(FlowError) {
        // It may be one of which the server has never read.
        try receive()
        try? foreign.forget(number)
    }

    private mutating func receive() throws(FlowError) {
        do throws(RegionError) { try foreign.receive(from: side) } catch {
            throw .object(.sharedMemory(error))
        }
    }
}
