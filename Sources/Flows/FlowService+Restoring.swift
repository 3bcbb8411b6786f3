import Redis

/// Sessions in a new process: their scripts run again.
///
/// A script may end the process. As a rule all run at once; when the process has ended meanwhile, one after
/// the other, so that it is seen which does, and others lose nothing by it.
extension FlowService {
    /// So often the process may end while it runs a session's script again.
    private static var mostFailures: Int { 3 }
    /// So long the next script waits for one that may end the process, in milliseconds.
    private static var longestWait: Int { 500 }

    /// A new process learns of all sessions.
    func restoreSessions() {
        for session in sessions.built.values { runScript(of: session) }
        toRestore = sessions.inOrder.filter { session in
            if case .failed = session.state { return false }
            session.state = .restoring
            session.restoredCount = 0
            return true
        }
        // Taken from its end.
        toRestore.reverse()
        restoreMore()
    }

    private func restoreMore() {
        while isReady, let session = toRestore.popLast() {
            guard sessions.isLinked(session), case .restoring = session.state, session.number == nil else {
                continue
            }
            let number = nextNumber()
            sessions.know(session, number)
            runScript(of: session)
            guard restoresSingly else { continue }
            return ServerTimer.after(milliseconds: Self.longestWait) {
                guard session.number == number, case .restoring = session.state else { return }
                self.restoreMore()
            }
        }
    }

    /// A session's script has run again, or cannot.
    func restored(_ session: FlowSession, failure: FlowError?) {
        if let failure {
            session.state = .failed(failure)
            Log.warning("flows: session \(session.name) cannot be restored: \(failure.text)")
        } else {
            session.state = .live
            session.restoreFailureCount = 0
        }
        for registration in session.registrations {
            if let failure {
                registration.statistics.lastError = Array(failure.text.utf8)
            } else if registration.number == nil {
                registration.statistics.lastError = Array(FlowError.notRegisteredAgain.text.utf8)
            }
            startWaiting(of: registration)
        }
        watch(session)
        restoreMore()
    }

    /// The process has ended, and may have done so because of a script.
    func endRestoring() {
        toRestore = []
        let begun = sessions.inOrder.filter { session in
            if case .restoring = session.state { session.number != nil } else { false }
        }
        restoresSingly = !begun.isEmpty
        for session in begun {
            session.restoreFailureCount += 1
            let count = session.restoreFailureCount
            if count >= Self.mostFailures {
                restored(session, failure: .process(.endsWhenRestoring(count: count)))
            }
        }
    }
}
