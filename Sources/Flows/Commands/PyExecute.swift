import Redis

/// `RG.PYEXECUTE script [UNBLOCKING] [ID id] [DESCRIPTION text] [UPGRADE] [REPLACE_WITH id]
/// [FORCE_REINSTALL_REQUIREMENTS] [REQUIREMENTS requirement ...]`
struct PyExecute: Command {
    let source: Argument
    private(set) var isUnblocking = false
    private(set) var id: [UInt8]?
    private(set) var description: [UInt8]?
    private(set) var isUpgrade = false
    private(set) var replaced: [UInt8]?
    private(set) var requirements: [[UInt8]] = []

    init(parsing words: inout ArgumentReader) throws(FlowError) {
        guard let source = words.next() else { throw .arity("RG.PYEXECUTE") }
        self.source = source
        while let word = words.next() { try take(word, &words) }
    }

    private mutating func take(_ word: Argument, _ words: inout ArgumentReader) throws(FlowError) {
        if word.matches("UNBLOCKING") {
            isUnblocking = true
        } else if word.matches("ID") {
            let id = try Self.value(of: "ID", &words)
            guard Self.isValid(id) else { throw .invalidSessionID }
            self.id = id
        } else if word.matches("DESCRIPTION") {
            description = try Self.value(of: "DESCRIPTION", &words)
        } else if word.matches("UPGRADE") {
            isUpgrade = true
        } else if word.matches("REPLACE_WITH") {
            replaced = try Self.value(of: "REPLACE_WITH", &words)
        } else if word.matches("REQUIREMENTS") {
            while let requirement = words.next() { requirements.append(requirement.bytes) }
        } else if !word.matches("FORCE_REINSTALL_REQUIREMENTS") {
            throw .unknownArgument(word.text)
        }
    }

    private static func value(
        of option: StaticString, _ words: inout ArgumentReader
    ) throws(FlowError) -> [UInt8] {
        guard let word = words.next() else { throw .optionMissing(option) }
        return word.bytes
    }

    private static func isValid(_ id: [UInt8]) -> Bool {
        !id.isEmpty
            && id.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    func run(in context: borrowing RedisContext) throws(FlowError) {
        guard context.flags.isDisjoint(with: .cannotWait) else { throw .scriptCannotBlock }
        try FlowService.current.build(self, in: context)
    }
}
