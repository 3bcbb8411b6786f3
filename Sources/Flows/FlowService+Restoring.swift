import Glibc
import Guests
import Redis

/// Sessions in a new process: their scripts run again.
///
/// A script may end the process. As a rule all run at once; when the process has ended meanwhile, one after
/// the other, so that it is seen which does, and others lose nothing by it.
extension FlowService {
    /// So often the process may end while it runs a session's script again.
    private static var mostFailures: Int { 3 }
    /// The same where somebody has killed it: that need not have to do with the script.
    private static var mostKills: Int { 10 }
    /// So long the next script waits for one that may end the process, in milliseconds.
    private static var longestWait: Int { 500 }

    /// A new process learns of all sessions.
    func restoreSessions() {
        for session in sessions.built.values { runScript(of: session) }
        let all = sessions.inOrder.filter { session in
            if case .failed = session.state { return false }
            session.state = .restoring
            session.restoredCount = 0
            return true
        }
        // Taken from its end: first those that have ended no process.
        toRestore = all.sorted { $0.restoreFailureCount > $1.restoreFailureCount }
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

    /// The connection with the process is gone; how it ends will be told.
    func endRestoring() {
        toRestore = []
        suspects = sessions.inOrder.filter { session in
            // What waits for its packages has not begun.
            if case .restoring = session.state {
                session.number != nil && !session.packages.areAwaited
            } else {
                false
            }
        }
        restoresSingly = !suspects.isEmpty
    }

    /// The process has ended, and may have done so because of a script.
    func judgeSuspects(_ reason: GuestEnd.Reason) {
        let most = reason == .signalled(number: Int(SIGKILL)) ? Self.mostKills : Self.mostFailures
        for session in suspects {
            guard sessions.isLinked(session), case .restoring = session.state else { continue }
            session.restoreFailureCount += 1
            let count = session.restoreFailureCount
            guard count >= most else { continue }
            restored(session, failure: .process(.endsWhenRestoring(count: count)))
        }
        suspects = []
    }
}
