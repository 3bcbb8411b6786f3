import Messages
import Redis

/// What Python knows of keys, and need not ask again.
///
/// Messages come in their order: a trigger, an event or an answer that follows a change comes after the
/// message that says what is not to be believed any more. So that one need not wake Python.
extension FlowService {
    /// So long may a small value take to be let go.
    private static let tellingMilliseconds = 10
    /// All is asked for anew so often: it is used, the user still may, and what nobody uses is let go.
    private static let forgettingMilliseconds = 1000
    /// Slot of a message that says: forget all.
    private static let allSlots = -1

    /// Has Python told of what leaves its key; in OnLoad, once.
    /// - Returns: false if the server refuses.
    static func installTracking(of service: FlowService, in context: borrowing RedisContext) -> Bool {
        KeyDepartures.install(context) { [unowned service] address in
            guard let connection = service.connection, let departure = connection.tracked.end(address) else {
                return
            }
            service.invalidate(departure.slot, soon: departure.isLarge, connection)
        } allDeparted: { [unowned service] in
            service.invalidateAll()
        }
    }

    /// Python knows a value from now on.
    /// - Returns: the slot of which it will be told.
    func track(_ value: AnyObject, isLarge: Bool) throws(FlowError) -> Int {
        let connection = try asked()
        let slot = connection.tracked.track(value, isLarge: isLarge)
        KeyDepartures.areWanted = true
        if !isForgettingDue {
            isForgettingDue = true
            ServerTimer.after(milliseconds: Self.forgettingMilliseconds) {
                self.isForgettingDue = false
                self.invalidateAll()
            }
        }
        return slot
    }

    private func invalidateAll() {
        KeyDepartures.areWanted = false
        guard let connection, !connection.tracked.isEmpty else { return }
        connection.tracked.endAll()
        invalidate(Self.allSlots, soon: true, connection)
    }

    private func invalidate(_ slot: Int, soon: Bool, _ connection: FlowConnection) {
        do throws(MessageError) { try connection.write(.invalidate, slot, valueCount: 0) } catch {
            preconditionFailure("a message of two numbers is too long")
        }
        guard !soon else { return flushAtEnd() }
        guard !isTellingDue else { return }
        isTellingDue = true
        ServerTimer.after(milliseconds: Self.tellingMilliseconds) {
            self.isTellingDue = false
            self.flush()
        }
    }
}
