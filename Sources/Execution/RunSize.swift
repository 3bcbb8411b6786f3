import Tensors

/// How large the inputs of a run are, as far as runs of one model may differ in what they cost.
///
/// Runs are of one size if their inputs have the same types and ranks, and dimensions that hardly differ:
/// those up to 8 are equal, larger ones at most a quarter apart. Not only the number of elements counts,
/// since a model may take a time that grows with the square of one dimension; bytes count for strings. Models
/// of TorchScript take any type, and products of whole numbers last far longer than those of others.
struct RunSize: Equatable, Sendable {
    /// Differs between sizes but for an accident.
    private(set) var code: UInt64 = 0

    private init() {}

    init(_ inputs: some Collection<Tensor>) {
        for input in inputs { add(input) }
    }

    /// The size of what a plan's slots hold; nil if one of them is filled by a step.
    init?(_ slots: SlotList, of tensors: [Tensor]) {
        guard slots.areWithin(tensors.count) else { return nil }
        switch slots {
        case .range(let range): for slot in range { add(tensors[slot]) }
        case .list(let list): for slot in list { add(tensors[slot]) }
        }
    }

    @inline(__always)
    private mutating func add(_ input: Tensor) {
        let known = input.sizeNote.load(ordering: .relaxed)
        mix(Int(truncatingIfNeeded: known != 0 ? known : Self.note(on: input)))
    }

    /// Works the size of one input out, once for each tensor.
    private static func note(on input: Tensor) -> UInt64 {
        var size = RunSize()
        size.addParts(of: input)
        let code = max(1, size.code)
        input.sizeNote.store(code, ordering: .relaxed)
        return code
    }

    private mutating func addParts(of input: Tensor) {
        let length = input.type == .string ? Self.step(of: input.byteCount) : 0
        mix(length << 16 | input.shape.rank << 8 | Int(input.type.rawValue))
        input.shape.withDimensions { dimensions in
            for axis in dimensions.indices { mix(Self.step(of: dimensions[axis])) }
        }
    }

    private mutating func mix(_ word: Int) {
        code = (code ^ UInt64(truncatingIfNeeded: word)) &* 0x9E37_79B9_7F4A_7C15
        code ^= code >> 29
    }

    /// Up to 8 the count itself, above that four steps for each power of two: 9-10, 11-12, 13-14, 15-16,
    /// 17-20, ...
    private static func step(of count: Int) -> Int {
        guard count > 8 else { return count }
        let width = Int.bitWidth - (count - 1).leadingZeroBitCount
        return width << 2 | ((count - 1) >> (width - 3)) & 3
    }
}
