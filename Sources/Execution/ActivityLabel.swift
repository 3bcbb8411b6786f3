import CSignals

/// What a thread runs or builds, in the words of crash reports: the runtime, the device, and the key or tag.
///
/// Any thread. Costs memory of its own, 256 bytes, which is kept for the next label when this one is freed.
@safe
public final class ActivityLabel: @unchecked Sendable {
    /// So much of a tag and of a key.
    private static let longestWord = 80

    /// Nil without memory for it.
    let pointer: UnsafeMutablePointer<signals_label>?
    private let start: [UInt8]

    init(_ backend: BackendKind, _ device: Device, tag: [UInt8]) {
        unsafe pointer = signals_take_label()
        var start = Array("backend=\(backend.wireName),device=".utf8)
        start += Self.shown(device.text)
        if !tag.isEmpty { start += Array(",tag=".utf8) + Self.shown(tag) }
        self.start = start
        write(start)
    }

    deinit {
        if let pointer = unsafe pointer { unsafe signals_give_back_label(pointer) }
    }

    /// The key that holds it, as far as is known.
    public func set(key: [UInt8]) { write(start + Array(",key=".utf8) + Self.shown(key)) }

    /// What cannot break a line or a field.
    private static func shown(_ word: [UInt8]) -> [UInt8] {
        word.prefix(longestWord).map { (0x21...0x7E).contains($0) ? $0 : UInt8(ascii: "?") }
    }

    private func write(_ text: [UInt8]) {
        guard let pointer = unsafe pointer else { return }
        unsafe text.withUnsafeBufferPointer { unsafe signals_set_label(pointer, $0.baseAddress, $0.count) }
    }
}
