import CRedisModule
import Glibc
import Synchronization

/// A string as the server would hold it; the process keeps every one, since commands hold them too.
struct FakeString: Sendable {
    /// What the module is given.
    let address: UInt

    var pointer: OpaquePointer { OpaquePointer(bitPattern: address).unsafelyUnwrapped }

    /// One string per content: the same bytes have the same address.
    static func interned(_ bytes: [UInt8]) -> FakeString {
        table.withLock { table in
            if let string = table[bytes] { return string }
            let string = FakeString(address: UInt(bitPattern: FakeStringBody.allocate(bytes)))
            table[bytes] = string
            return string
        }
    }

    private static let table = Mutex<[[UInt8]: FakeString]>([:])
}

/// The memory behind a fake string: a count, then the bytes, then a NUL.
private enum FakeStringBody {
    static let headerSize = MemoryLayout<Int>.stride

    static func allocate(_ bytes: [UInt8]) -> UnsafeMutableRawPointer {
        let block = UnsafeMutableRawPointer.allocate(byteCount: headerSize + bytes.count + 1, alignment: 64)
        block.storeBytes(of: bytes.count, as: Int.self)
        (block + headerSize).copyMemory(from: bytes + [0], byteCount: bytes.count + 1)
        return block
    }

    static func count(_ string: OpaquePointer) -> Int { UnsafeRawPointer(string).load(as: Int.self) }

    static func start(_ string: OpaquePointer) -> UnsafePointer<CChar> {
        (UnsafeRawPointer(string) + headerSize).assumingMemoryBound(to: CChar.self)
    }

    static func text(_ string: OpaquePointer) -> String {
        String(decoding: UnsafeRawBufferPointer(start: start(string), count: count(string)), as: UTF8.self)
    }
}

/// What a fake context was asked and told.
struct FakeContextRecord: Equatable, Sendable {
    /// A reply as the server would write it: `+OK`, `-text`, `:5`, `$bytes`, `*2`, `,1.5`, `(digits`, `_`.
    var replies: [String] = []
    /// The positions that were reported as keys, with `w` behind those that are written and `r`
    /// behind those that only say where in a cluster the command belongs.
    var keys: [String] = []
}

/// A context of a call: what the server would say of it, and what the module does with it.
final class FakeContext: Sendable {
    let flags: Int32
    let isAskedForKeys: Bool
    private let record = Mutex(FakeContextRecord())

    init(flags: Int = 0, isAskedForKeys: Bool = false) {
        FakeServer.start()
        self.flags = Int32(flags)
        self.isAskedForKeys = isAskedForKeys
    }

    /// Valid as long as this object.
    var pointer: OpaquePointer { OpaquePointer(Unmanaged.passUnretained(self).toOpaque()) }

    var replies: [String] { record.withLock { $0.replies } }
    var keys: [String] { record.withLock { $0.keys } }

    fileprivate static func at(_ pointer: OpaquePointer) -> FakeContext {
        Unmanaged<FakeContext>.fromOpaque(UnsafeRawPointer(pointer)).takeUnretainedValue()
    }

    fileprivate static func reply(_ pointer: OpaquePointer, _ text: String) -> Int32 {
        at(pointer).record.withLock { $0.replies.append(text) }
        return Int32(REDIS_OK)
    }

    fileprivate static func report(_ pointer: OpaquePointer, _ position: Int32, _ flags: Int32) {
        let isWritten = flags & Int32(REDIS_KEY_OW | REDIS_KEY_RW) != 0
        let isRoute = flags & Int32(REDIS_KEY_NOT_KEY) != 0
        at(pointer).record.withLock { $0.keys.append("\(position)\(isWritten ? "w" : isRoute ? "r" : "")") }
    }
}

/// The calls of the server that reading a command and replying need. The same functions for all tests.
enum FakeServer {
    /// Fills the table, once.
    static func start() { _ = isStarted }

    private static let isStarted: Bool = {
        fillStrings(redis_api_for_tests())
        fillReplies(redis_api_for_tests())
        return true
    }()

    private static func fillStrings(_ api: UnsafeMutablePointer<redis_api>) {
        api.pointee.StringPtrLen = { string, length in
            length?.pointee = FakeStringBody.count(string)
            return FakeStringBody.start(string)
        }
        // Only what the number itself would be written as.
        api.pointee.StringToLongLong = { string, value in
            let text = FakeStringBody.text(string)
            guard let number = Int64(text), String(number) == text else { return Int32(REDIS_ERR) }
            value.pointee = number
            return Int32(REDIS_OK)
        }
        api.pointee.StringToDouble = { string, value in
            let start = FakeStringBody.start(string)
            guard start.pointee != 0, isspace(Int32(start.pointee)) == 0 else { return Int32(REDIS_ERR) }
            var end: UnsafeMutablePointer<CChar>?
            errno = 0
            let number = strtod(start, &end)
            let isOutOfRange = errno == ERANGE && (number.isInfinite || number == 0)
            guard end.map({ UnsafePointer($0) }) == start + FakeStringBody.count(string), !isOutOfRange,
                !number.isNaN
            else { return Int32(REDIS_ERR) }
            value.pointee = number
            return Int32(REDIS_OK)
        }
        api.pointee.HoldString = { _, string in string }
        api.pointee.FreeString = { _, _ in }
    }

    private static func fillReplies(_ api: UnsafeMutablePointer<redis_api>) {
        api.pointee.GetContextFlags = { context in context.map { FakeContext.at($0).flags } ?? 0 }
        api.pointee.IsKeysPositionRequest = { FakeContext.at($0).isAskedForKeys ? 1 : 0 }
        api.pointee.KeyAtPosWithFlags = { FakeContext.report($0, $1, $2) }
        api.pointee.ReplyWithError = { FakeContext.reply($0, "-" + String(cString: $1)) }
        api.pointee.ReplyWithSimpleString = { FakeContext.reply($0, "+" + String(cString: $1)) }
        api.pointee.ReplyWithLongLong = { FakeContext.reply($0, ":\($1)") }
        api.pointee.ReplyWithDouble = { FakeContext.reply($0, ",\($1)") }
        api.pointee.ReplyWithNull = { FakeContext.reply($0, "_") }
        api.pointee.ReplyWithArray = { FakeContext.reply($0, "*\($1)") }
        api.pointee.ReplyWithBigNumber = { context, digits, count in
            FakeContext.reply(context, "(" + FakeServer.text(digits, count))
        }
        api.pointee.ReplyWithStringBuffer = { context, bytes, count in
            FakeContext.reply(context, "$" + FakeServer.text(bytes, count))
        }
    }

    private static func text(_ start: UnsafePointer<CChar>?, _ count: Int) -> String {
        String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
    }
}
