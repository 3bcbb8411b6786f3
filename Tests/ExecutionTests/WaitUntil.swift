import Glibc
import Testing

@testable import Execution

/// Asks again until the claim holds: for what nobody tells. What never comes is a failure, not a test that
/// never ends.
func waitUntil(_ claim: () -> Bool) {
    let end = Monotonic.nanoseconds + 600_000_000_000
    while !claim() {
        guard Monotonic.nanoseconds < end else {
            Issue.record("what was waited for has not come")
            return
        }
        sched_yield()
    }
}
