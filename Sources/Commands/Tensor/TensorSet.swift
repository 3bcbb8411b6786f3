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
        let shape = try Self.shape(&words, &hasZero, &isTooLarge)
        do throws(CommandError) {
            tensor = try Self.tensor(type, shape, isTooLarge: isTooLarge, &words)
        } catch {
            throw hasZero ? .invalidShape : error
        }
    }

    public func run(in context: borrowing RedisContext) throws(CommandError) {
        // Outputs may have no rows, and reach replicas and the AOF as commands.
        if context.flags.isDisjoint(with: [.replicated, .loading]) { try refuseEmpty() }
        let handle = context.write(key)
        let tensors = ModuleState.current.tensors
        do throws(WrongType) { _ = try handle.value(tensors) } catch { throw .wrongType }
        handle.set(tensor, tensors)
        context.replicateVerbatim()
        context.replyOK()
    }

    /// Clients give no tensors without elements.
    func refuseEmpty() throws(CommandError) {
        guard tensor.shape.elementCount > 0 else { throw .invalidShape }
    }

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

    /// The dimensions up to `BLOB`, `VALUES` or the end.
    /// - Parameter isTooLarge: said after what is wrong with the words behind; the shape is of no use then.
    @inline(__always)
    private static func shape(
        _ words: inout ArgumentReader, _ hasZero: inout Bool, _ isTooLarge: inout Bool
    ) throws(CommandError) -> TensorShape {
        var shape = TensorShape.scalar
        while let word = words.peek, !isData(word) {
            guard let dimension = word.integer else { throw .invalidShape }
            guard dimension >= 0 else { throw .invalidShape }
            if dimension == 0 { hasZero = true }
            do throws(TensorError) { try shape.append(dimension) } catch { isTooLarge = true }
            _ = words.next()
        }
        return shape
    }

    private static func isData(_ word: Argument) -> Bool { word.matches("BLOB") || word.matches("VALUES") }

    private static func tensor(
        _ type: DataType, _ shape: TensorShape, isTooLarge: Bool, _ words: inout ArgumentReader
    ) throws(CommandError) -> Tensor {
        let hasBlob = words.take("BLOB")
        if hasBlob, words.remaining != 1 { throw .blobArgumentCount }
        do throws(TensorError) {
            guard !isTooLarge else { throw .shapeTooLarge }
            if hasBlob, let blob = words.next() { return try tensor(type, shape, blob) }
            if words.take("VALUES") { return try values(type, shape, &words) }
            return try Tensor(zerosOf: type, shape: shape)
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
        while let word = words.next() {
            try word.withBytes { bytes throws(TensorError) in try builder.append(bytes) }
        }
        return try builder.finish()
    }
}
