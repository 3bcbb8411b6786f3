import CSharedAPI

/// The functions for errors.
enum ErrorFunctions {
    static func fill(_ table: inout shared_functions) {
        unsafe table.InitError = { unsafe ErrorFunctions.make($0) }
        unsafe table.ClearError = { unsafe ErrorFunctions.clear($0) }
        unsafe table.FreeError = { unsafe ErrorFunctions.free($0) }
        unsafe table.GetError = { unsafe Handles.error.content($0)?.words }
        unsafe table.GetErrorOneLine = { unsafe Handles.error.content($0)?.wordsInOneLine }
        unsafe table.GetErrorCode = { unsafe ErrorFunctions.code($0) }
        unsafe table.CloneError = { unsafe ErrorFunctions.copy(to: $0, from: $1) }
    }

    /// Tells a failure to who wants to know.
    static func report(_ failure: APIFailure, to error: OpaquePointer?) {
        unsafe Handles.error.content(error)?.set(failure)
    }

    /// What `body` returns; nil if it throws, which is told.
    static func reporting<Result>(
        to error: OpaquePointer?, _ body: () throws(APIFailure) -> Result
    ) -> Result? {
        do throws(APIFailure) { return try body() } catch let failure {
            unsafe report(failure, to: error)
            return nil
        }
    }

    /// The same as a status.
    static func status(of error: OpaquePointer?, _ body: () throws(APIFailure) -> Void) -> Int32 {
        unsafe reporting(to: error, body) == nil ? Status.failure : Status.success
    }

    private static func make(_ place: UnsafeMutablePointer<OpaquePointer?>?) -> Int32 {
        guard let place = unsafe place, let handle = unsafe Handles.error.make(ErrorRecord()) else {
            return Status.failure
        }
        // Safety: the caller's variable.
        unsafe place.pointee = handle
        return Status.success
    }

    private static func clear(_ error: OpaquePointer?) {
        guard let record = unsafe Handles.error.content(error), !record.isLent else { return }
        record.clear()
    }

    private static func free(_ error: OpaquePointer?) {
        guard let record = unsafe Handles.error.content(error), !record.isLent else { return }
        unsafe Handles.error.end(error)
    }

    private static func code(_ error: OpaquePointer?) -> RedisAI_ErrorCode {
        let code = unsafe Handles.error.content(error)?.code ?? .ok
        return RedisAI_ErrorCode(rawValue: code.rawValue)
    }

    private static func copy(to target: OpaquePointer?, from source: OpaquePointer?) {
        guard let target = unsafe Handles.error.content(target), !target.isLent,
            let source = unsafe Handles.error.content(source)
        else { return }
        target.copy(source)
    }
}

/// What most functions return.
enum Status {
    static let success: Int32 = 0
    static let failure: Int32 = 1
}

/// What those return that have always answered the other way round.
enum Answer {
    static let yes: Int32 = 1
    static let no: Int32 = 0

    static func of(_ isDone: Bool) -> Int32 { isDone ? yes : no }
}
