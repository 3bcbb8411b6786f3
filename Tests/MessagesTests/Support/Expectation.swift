import Testing

@testable import Messages

/// Expects an error from what cannot be captured by a macro's closure.
func expect(
    _ wanted: RegionError, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws(RegionError) -> Void
) {
    do throws(RegionError) {
        try body()
        Issue.record("nothing was thrown", sourceLocation: sourceLocation)
    } catch {
        #expect(error == wanted, sourceLocation: sourceLocation)
    }
}
