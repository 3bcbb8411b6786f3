import Keyspace
import Redis
import Tensors

/// `AI.TENSORSET key type dim ... [BLOB bytes | VALUES value ...]`
public struct TensorSet: Command {
    /// From here on a blob is kept as the server read it, since copying it would cost more than all else.
    /// The server, too, takes its buffer over as the argument only for arguments of this size and more.
    private static let heldByteCount = 32 << 10

    /// Words of the shortest call, the command's name included.
    static let leastWordCount = 4

    let key: Argument
    let tensor: Tensor

    public init(parsing words: inout ArgumentReader) throws(CommandError) {
        guard words.count >= Self.leastWordCount, let key = words.next(), let typeName = words.next() else {
            throw .arity("AI.TENSORSET")
        }
        guard let type = typeName.withBytes({ DataType(wireName: $0) }) else { throw .invalidDataType }
        self.key = key
        var hasZero = false
        var isTooLarge = false
        var form = DataForm.none
        let shape = try Self.shape(&words, &form, &hasZero, &isTooLarge)
        do throws(CommandError) {
            tensor = try Self.tensor(type, shape, form, isTooLarge: isTooLarge, &words)
        } catch {
            throw hasZero ? .invalidShape : error
        }
    }

    public func run(in context: borrowing RedisContext) throws(CommandError) {
        // Outputs may have no rows, and reach replicas and the AOF as commands.
        let isOfClient = context.flags.isDisjoint(with: [.replicated, .loading])
        if isEmpty, isOfClient { throw .invalidShape }
        if isOfClient { try context.checkRoom(for: tensor) }
        let handle = context.write(key)
        let tensors = ModuleState.current.tensors
        do throws(WrongType) { _ = try handle.value(tensors) } catch { throw .wrongType }
        handle.set(tensor, tensors)
        context.replicateVerbatim()
        context.replyOK()
    }

    /// Clients give no tensors without elements.
    func refuseEmpty() throws(CommandError) {
        if isEmpty { throw .invalidShape }
    }

    private var isEmpty: Bool { tensor.shape.elementCount == 0 }

    /// A key of another type is said before anything that is wrong with the words.
    public static func failure(
        _ failure: CommandError, parsing words: ArgumentReader, in context: borrowing RedisContext
    ) -> CommandError {
        guard words.count >= leastWordCount else { return failure }
        do throws(WrongType) {
            _ = try context.read(words[1]).value(ModuleState.current.tensors)
            return failure
        } catch {
            return .wrongType
        }
    }

    /// How the elements are given.
    private enum DataForm {
        case none, blob, values

        /// What a word in the place of a dimension announces.
        @inline(__always)
        init(_ word: Argument) {
            switch word.byteCount {
            case 4: self = word.matches("BLOB") ? .blob : .none
            case 6: self = word.matches("VALUES") ? .values : .none
            default: self = .none
            }
        }
    }

    /// The dimensions up to `BLOB`, `VALUES` or the end; that word is taken.
    /// - Parameter isTooLarge: said after what is wrong with the words behind; the shape is of no use then.
    @inline(__always)
    private static func shape(
        _ words: inout ArgumentReader, _ form: inout DataForm, _ hasZero: inout Bool,
        _ isTooLarge: inout Bool
    ) throws(CommandError) -> TensorShape {
        var shape = TensorShape.scalar
        while let word = words.next() {
            form = DataForm(word)
            guard form == .none else { break }
            guard let dimension = word.integer else { throw .invalidShape }
            guard dimension >= 0 else { throw .invalidShape }
            if dimension == 0 { hasZero = true }
            do throws(TensorError) { try shape.append(dimension) } catch { isTooLarge = true }
        }
        return shape
    }

    private static func tensor(
        _ type: DataType, _ shape: TensorShape, _ form: DataForm, isTooLarge: Bool,
        _ words: inout ArgumentReader
    ) throws(CommandError) -> Tensor {
        if form == .blob, words.remaining != 1 { throw .blobArgumentCount }
        do throws(TensorError) {
            guard !isTooLarge else { throw .shapeTooLarge }
            switch form {
            case .none: return try Tensor(zerosOf: type, shape: shape)
            case .values: return try values(type, shape, &words)
            case .blob: return try tensor(type, shape, words[words.position])
            }
        } catch {
            throw CommandError(error)
        }
    }

    private static func tensor(
        _ type: DataType, _ shape: TensorShape, _ blob: Argument
    ) throws(TensorError) -> Tensor {
        if blob.byteCount >= heldByteCount {
            return try Tensor(type: type, shape: shape, holding: SharedBytes(RetainedString(blob)))
        }
        return try blob.withBytes { bytes throws(TensorError) in
            try Tensor(type: type, shape: shape, copying: bytes)
        }
    }

    private static func values(
        _ type: DataType, _ shape: TensorShape, _ words: inout ArgumentReader
    ) throws(TensorError) -> Tensor {
        // Before any memory is asked for: there is a word for each element, or none is read.
        guard words.remaining == shape.elementCount else {
            throw .valueCountMismatch(expected: shape.elementCount, actual: words.remaining)
        }
        var builder = try TensorBuilder(type: type, shape: shape)
        if type == .string {
            var byteCount = 0
            for position in words.position..<words.count { byteCount += words[position].byteCount }
            try builder.reserve(stringByteCount: byteCount)
        }
        while let word = words.next() {
            try word.withBytes { bytes throws(TensorError) in try builder.append(bytes) }
        }
        return try builder.finish()
    }
}
