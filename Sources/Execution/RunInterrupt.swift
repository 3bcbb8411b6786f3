/// Ends the runs of one thread from outside; made by a backend whose runtime can be told to stop.
public protocol RunInterrupt: AnyObject, Sendable {
    /// Has the run under way fail as soon as the runtime can; called during it, once, on another thread.
    func raise()

    /// Has the next runs go on undisturbed; called after a run that `raise` was called for, on its thread.
    func lower()
}
