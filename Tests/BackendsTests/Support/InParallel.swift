import Glibc

/// Calls `body` once on each of `count` threads, with the thread's number, and waits for all of them.
func inParallel(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    final class Start: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    let threads = (0..<count).map { number in
        var thread = pthread_t()
        let start = Unmanaged.passRetained(Start { body(number) })
        let failure = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            }, start.toOpaque())
        precondition(failure == 0, "a thread could not be started")
        return thread
    }
    for thread in threads { pthread_join(thread, nil) }
}
