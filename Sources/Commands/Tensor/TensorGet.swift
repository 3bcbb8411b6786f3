import Keyspace
import Redis
import Tensors

/// `AI.TENSORGET key [META] [BLOB | VALUES]`
public struct TensorGet: Command {
    /// Words of a call, the command's name included.
    static let wordCounts = 2...4

    let key: Argument
    let format: TensorFormat

    public init(parsing words: inout ArgumentReader) throws(CommandError) {
        guard Self.wordCounts.contains(words.count), let key = words.next() else {
            throw .arity("AI.TENSORGET")
        }
        self.key = key
        format = try TensorFormat(parsing: &words)
    }

    public func run(in context: borrowing RedisContext) throws(CommandError) {
        context.reply(try Self.tensor(at: key, in: context), as: format)
    }

    /// A key that is missing or of another type is said before anything that is wrong with the words.
    public static func failure(
        _ failure: CommandError, parsing words: ArgumentReader, in context: borrowing RedisContext
    ) -> CommandError {
        guard wordCounts.contains(words.count) else { return failure }
        do throws(CommandError) {
            _ = try tensor(at: words[1], in: context)
            return failure
        } catch {
            return error
        }
    }

    /// The tensor that a key holds.
    /// - Throws: `.tensorMissing`, `.wrongType`.
    static func tensor(
        at key: Argument, in context: borrowing RedisContext
    ) throws(CommandError) -> Tensor {
        let tensor: Tensor?
        do throws(WrongType) {
            tensor = try context.read(key).value(ModuleState.current.tensors)
        } catch {
            throw .wrongType
        }
        guard let tensor else { throw .tensorMissing }
        return tensor
    }
}

/// What of a tensor goes into a reply.
struct TensorFormat: Equatable {
    enum Data: Equatable {
        case none
        case blob
        case values
    }

    private(set) var hasMeta = false
    private(set) var data = Data.none

    /// Reads all words that are left; none of them stands for `META BLOB`.
    init(parsing words: inout ArgumentReader) throws(CommandError) {
        guard words.remaining > 0 else {
            hasMeta = true
            data = .blob
            return
        }
        while let word = words.next() {
            let asked: Data
            if word.matches("META") {
                hasMeta = true
                continue
            } else if word.matches("BLOB") {
                asked = .blob
            } else if word.matches("VALUES") {
                asked = .values
            } else {
                throw .unsupportedFormat
            }
            guard data == .none || data == asked else { throw .blobAndValues }
            data = asked
        }
    }
}

extension RedisContext {
    /// A tensor: labelled parts in one flat array, or its data alone.
    func reply(_ tensor: Tensor, as format: TensorFormat) {
        if format.hasMeta {
            reply(arrayOf: format.data == .none ? 4 : 6)
            reply(bulk: "dtype")
            reply(bulk: tensor.type.wireName)
            reply(bulk: "shape")
            reply(arrayOf: tensor.shape.rank)
            for axis in 0..<tensor.shape.rank { reply(integer: tensor.shape[axis]) }
        }
        switch format.data {
        case .none: break
        case .blob:
            if format.hasMeta { reply(bulk: "blob") }
            tensor.withBytes { reply(bytes: $0) }
        case .values:
            if format.hasMeta { reply(bulk: "values") }
            replyValues(of: tensor)
        }
    }

    private func replyValues(of tensor: Tensor) {
        reply(arrayOf: tensor.shape.elementCount)
        tensor.visitElements(
            integer: { reply(integer: Int($0)) }, unsigned: { reply(unsigned: $0) },
            real: { reply(real: $0) }, string: { reply(bytes: $0) })
    }
}
