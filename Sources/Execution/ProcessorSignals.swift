import CSignals
import Glibc

/// Signals that the processor raises at an instruction: a wrong address, a trap, a division without a result.
///
/// They end the process with the server's crash report, on all threads; only of a division, the runtimes'
/// code gets a result and goes on.
public enum ProcessorSignals {
    /// To be called after the server has installed its handlers, and again when it may have done so anew.
    public static func install() { signals_install() }

    /// Runs `open`, and from then on counts the libraries that it has brought as the runtime's.
    /// - Precondition: one thread at a time.
    public static func opening<Result, Failure: Error>(
        _ backend: BackendKind, _ open: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        signals_note_libraries()
        defer { signals_note_runtime(Int32(backend.rawValue)) }
        return try open()
    }

    /// Runs `start` so that the threads that it starts take none of the signals that are sent to the process.
    ///
    /// Those that the processor raises stay unblocked: the kernel ends a process that blocks them, without a
    /// word.
    public static func withOthersBlocked<Result, Failure: Error>(
        _ start: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var others = sigset_t()
        var before = sigset_t()
        unsafe sigfillset(&others)
        for number in [SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS] {
            unsafe sigdelset(&others, number)
        }
        unsafe pthread_sigmask(SIG_SETMASK, &others, &before)
        defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
        return try start()
    }

    /// Calls `tell` with `context`, a name and a text for each thread that runs or builds something.
    ///
    /// For crash reports: takes no lock and allocates nothing.
    public static func eachActivity(
        _ context: UnsafeMutableRawPointer,
        _ tell: @convention(c) (UnsafeMutableRawPointer, UnsafePointer<CChar>, UnsafePointer<CChar>) -> Void
    ) {
        unsafe signals_each(tell, context)
    }
}
