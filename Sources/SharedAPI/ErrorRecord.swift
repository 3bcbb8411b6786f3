import CSharedAPI
import Glibc

/// What is behind a `RAI_Error`: at most one failure, in texts that live as long as it holds it.
///
/// One thread at a time, which its owner sees to.
@safe
final class ErrorRecord: @unchecked Sendable {
    /// Whether it belongs to a DAG, so that others may only read it.
    let isLent: Bool
    private(set) var code = APIFailure.Code.ok
    private var text: UnsafeMutablePointer<CChar>?
    private var line: UnsafeMutablePointer<CChar>?

    init(isLent: Bool = false) { self.isLent = isLent }

    deinit { clear() }

    /// Holds a failure, unless it holds one already.
    func set(_ failure: APIFailure) {
        guard code == .ok else { return }
        code = failure.code
        let words = failure.text
        // Safety: both are copies of our own, freed by `clear`.
        unsafe text = words.withCString { unsafe strdup($0) }
        let single = words.split(omittingEmptySubsequences: false) { $0.isNewline }.joined(separator: " ")
        unsafe line = single.withCString { unsafe strdup($0) }
    }

    func clear() {
        code = .ok
        unsafe free(text)
        unsafe free(line)
        unsafe text = nil
        unsafe line = nil
    }

    func copy(_ other: ErrorRecord) {
        guard other.code != .ok, let words = unsafe other.text else { return }
        set(APIFailure(other.code, unsafe String(cString: words)))
    }

    /// NULL if it holds none; valid until it is cleared.
    var words: UnsafePointer<CChar>? { unsafe text.map { unsafe UnsafePointer($0) } }

    /// The same without line breaks.
    var wordsInOneLine: UnsafePointer<CChar>? { unsafe line.map { unsafe UnsafePointer($0) } }
}
