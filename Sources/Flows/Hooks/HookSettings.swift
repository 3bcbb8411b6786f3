import Messages

/// Which command a flow stands before.
struct HookSettings: Equatable {
    /// In lower case.
    let command: [UInt8]
    /// As the script said it.
    let name: [UInt8]
    /// Only commands with such a key; nil = all.
    let prefix: KeyPrefix?
    let isInOrder: Bool

    /// - Parameter description: what `register` was given.
    /// - Throws: `.readerCannotRegister`.
    init(_ description: MessageValue) throws(FlowError) {
        guard let hook = description["hook"]?.asBytes else { throw .readerCannotRegister("CommandReader") }
        name = Array(hook)
        command = name.lowercased
        prefix = description["keyprefix"]?.asBytes.map { KeyPrefix(Array($0)) }
        isInOrder = description["inorder"]?.asBool ?? false
    }
}

extension [UInt8] {
    /// ASCII letters in lower case.
    var lowercased: [UInt8] { map { $0 >= 0x41 && $0 <= 0x5A ? $0 + 0x20 : $0 } }
}
