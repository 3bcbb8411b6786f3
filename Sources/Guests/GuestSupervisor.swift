import CGuests
import Execution
import Glibc

/// The thread of all guests, `ai:guest`: starts them, notices their end and reads what they print.
///
/// It begins with the first start and never ends, since the system kills a guest with the thread that has
/// started it. It sleeps while nothing happens; only what is to happen later gives its sleep an end.
final class GuestSupervisor: Sendable {
    /// Of the whole process.
    static let shared = GuestSupervisor()

    private struct Inbox: Sendable {
        /// Rings when something has come; nil before there is a thread.
        var bell: Descriptor?
        var letters: [Letter] = []
    }

    private struct Letter: Sendable {
        let event: GuestState.Event
        let guest: Guest
    }

    private let inbox = Locked(Inbox())
    private let begin: @Sendable (WorkerThread) -> Bool

    /// - Parameter begin: starts the thread; false if there can be none now.
    init(begin: @escaping @Sendable (WorkerThread) -> Bool = { $0.start() }) { self.begin = begin }

    /// - Parameter startsThread: unless it is there; without one, nothing is under way that could be told of.
    /// - Returns: false if there is no thread.
    func send(_ event: GuestState.Event, to guest: Guest, startsThread: Bool) -> Bool {
        // Under the lock, so that nobody relies on a thread that the system then refuses.
        let bell = inbox.withLock { inbox -> Descriptor? in
            if inbox.bell == nil, startsThread { inbox.bell = startThread() }
            if inbox.bell != nil { inbox.letters.append(Letter(event: event, guest: guest)) }
            return inbox.bell
        }
        guard let bell else { return false }
        guests_ring(bell.number)
        return true
    }

    private func startThread() -> Descriptor? {
        let number = guests_make_bell()
        guard number >= 0 else { return nil }
        let bell = Descriptor(number)
        return begin(WorkerThread(name: "ai:guest") { self.work(bell) }) ? bell : nil
    }

    private func work(_ bell: Descriptor) {
        var keepers: [GuestKeeper] = []
        while true {
            let ready = sleep(on: [bell.number] + keepers.flatMap(\.descriptors), until: nextTime(keepers))
            if ready.contains(bell.number) {
                guests_silence(bell.number)
                deliver(to: &keepers)
            }
            let now = Monotonic.nanoseconds
            for index in keepers.indices {
                keepers[index].handle(ready: ready)
                if let deadline = keepers[index].deadline, deadline <= now { keepers[index].look() }
            }
            keepers.removeAll(where: \.isIdle)
        }
    }

    private func nextTime(_ keepers: [GuestKeeper]) -> Int? { keepers.compactMap(\.deadline).min() }

    private func deliver(to keepers: inout [GuestKeeper]) {
        let letters = inbox.withLock { inbox in
            let letters = inbox.letters
            inbox.letters = []
            return letters
        }
        for letter in letters {
            let known = keepers.firstIndex { $0.guest === letter.guest }
            if known == nil { keepers.append(GuestKeeper(letter.guest)) }
            keepers[known ?? keepers.endIndex - 1].handle(letter.event)
        }
    }

    /// - Returns: the descriptors on which something has happened.
    private func sleep(on descriptors: [Int32], until time: Int?) -> Set<Int32> {
        var entries = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        // Safety: the entries are alive during the call. Whatever it returns, they say what there is.
        guard unsafe poll(&entries, nfds_t(entries.count), Self.milliseconds(until: time)) > 0 else {
            return []
        }
        return Set(entries.filter { $0.revents != 0 }.map(\.fd))
    }

    /// Rounded up, so that nobody wakes before the time; -1 for none.
    private static func milliseconds(until time: Int?) -> Int32 {
        guard let time else { return -1 }
        let left = max(time - Monotonic.nanoseconds, 0)
        return Int32(clamping: left / 1_000_000 + (left % 1_000_000 == 0 ? 0 : 1))
    }
}
