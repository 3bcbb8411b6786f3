import Messages
import Redis

/// What Python knows of keys, and need not ask again.
///
/// Messages come in their order: whoever hears of a change through the server has been told before what not
/// to believe any more. So such a message need not wake Python; it goes with the next one, or a little later.
extension FlowService {
    /// For so long at most Python is not told.
    private static let tellingMilliseconds = 10
    /// Slot of a message that says: forget all.
    private static let allSlots = -1

    /// Has Python told of what leaves its key; in OnLoad, once.
    /// - Returns: false if the server refuses.
    static func installTracking(of service: FlowService, in context: borrowing RedisContext) -> Bool {
        KeyDepartures.install(context) { [unowned service] address in
            guard let connection = service.connection, let slot = connection.tracked.end(address) else {
                return
            }
            service.invalidate(slot, connection)
        } allDeparted: { [unowned service] in
            guard let connection = service.connection, !connection.tracked.isEmpty else { return }
            connection.tracked.endAll()
            service.invalidate(allSlots, connection)
        }
    }

    private func invalidate(_ slot: Int, _ connection: FlowConnection) {
        do throws(MessageError) { try connection.write(.invalidate, slot, valueCount: 0) } catch {
            preconditionFailure("a message of two numbers is too long")
        }
        guard !isTellingDue else { return }
        isTellingDue = true
        ServerTimer.after(milliseconds: Self.tellingMilliseconds) {
            self.isTellingDue = false
            self.flush()
        }
    }
}
