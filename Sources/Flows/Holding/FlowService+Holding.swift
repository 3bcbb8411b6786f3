import Execution
import Messages
import Redis

/// The server's thread waits for one flow, and serves what that asks alone; never longer than a limit.
extension FlowService {
    var holdLimitMilliseconds: Int { settings.flows.atomicLimitMilliseconds }

    /// Waits until `isOver`, which what the asker sends brings about.
    ///
    /// - Parameter asker: a session or an execution, by its number.
    /// - Returns: false if it took too long, or the process has ended.
    func hold(for asker: Int, until isOver: () -> Bool) -> Bool {
        let begin = Monotonic.nanoseconds
        // Who holds the server within another one has the rest of that one's time.
        let outerEnd = holding.end
        let end = min(outerEnd ?? .max, begin + holdLimitMilliseconds * 1_000_000)
        holding.end = end
        holding.holders.append(asker)
        defer {
            holding.end = outerEnd
            if let index = holding.holders.lastIndex(of: asker) { holding.holders.remove(at: index) }
            // At most every second moment belongs to flows.
            holding.notBefore = Monotonic.nanoseconds + (Monotonic.nanoseconds - begin)
            // Of what was taken from the socket for others, nobody else tells.
            if holding.hasMessages || connection?.hasMessage == true { readInNextTurn() }
        }
        flush()
        // Python has just been given something to do.
        connection?.expectMessages(false)
        while !isOver(), let connection {
            if let message = holding.take(where: { Self.isOf(asker, $0) }) {
                handle(message)
                flush()
                continue
            }
            let left = end - Monotonic.nanoseconds
            guard left > 0, !holding.isFull else { return false }
            switch connection.next() {
            case .message(let message):
                if Self.isOf(asker, message) {
                    handle(message)
                    flush()
                } else {
                    holding.add(message)
                }
            case .nothing: connection.wait(milliseconds: left / 1_000_000 + 1)
            case .hasEnded, .isBroken: endConnection()
            }
        }
        return isOver()
    }

    /// Whether a message is what an asker sends, or of nobody and quickly done with.
    private static func isOf(_ asker: Int, _ message: MessageValue) -> Bool {
        guard case .tuple(let parts) = message, parts.count >= 2,
            let kind = parts[0].asInt.flatMap(MessageFromPython.init(rawValue:))
        else { return true }
        switch kind {
        case .ready, .pong, .log, .release: return true
        // Of nobody are questions for elements of tensors.
        case .call: return parts.count > 2 && (parts[2].asInt == asker || parts[2].asInt == 0)
        case .scripted, .results, .done, .parked, .arm: return parts[1].asInt == asker
        }
    }

    // MARK: atomic()

    /// A flow wants the server for itself: as soon as it was others' turn for a while.
    func atomic(_ call: FlowCall) throws(FlowError) {
        // A flow of mode sync has the server already, and keeps it afterwards.
        if holding.holders.last == call.asker, holding.inner.insert(call.asker).inserted {
            return try answer(call.number) { $0.none() }
        }
        guard !holding.isHeld else { throw .holding(.inside) }
        let wait = max(0, holding.notBefore - Monotonic.nanoseconds) / 1_000_000
        // Within a timer's call the server sends all that is written on as one transaction (7.0).
        if wait == 0 {
            ServerTurn.atEnd { self.beginAtomic(call) }
        } else {
            ServerTimer.after(milliseconds: wait) { self.beginAtomic(call) }
        }
    }

    private func beginAtomic(_ call: FlowCall) {
        // It may have ended, with its process or alone.
        guard isReady else { return }
        guard call.isOpen else { return fail(call.number, .aborted) }
        guard !holding.isHeld else {
            return ServerTimer.after(milliseconds: 1) { self.beginAtomic(call) }
        }
        do throws(FlowError) { try answer(call.number) { $0.none() } } catch { return }
        let asker = call.asker
        holding.holders.append(asker)
        let isReleased = hold(for: asker) { !holding.holders.contains(asker) || !call.isOpen }
        holding.holders.removeAll { $0 == asker }
        if !isReleased, isReady { holding.expired.insert(asker) }
    }

    /// The flow is done with it.
    func unatomic(_ call: FlowCall) throws(FlowError) {
        if holding.expired.remove(call.asker) != nil {
            throw .holding(.tooLong(milliseconds: holdLimitMilliseconds))
        }
        guard holding.holders.contains(call.asker) else { throw .holding(.notInside) }
        guard holding.inner.remove(call.asker) == nil else { return try answer(call.number) { $0.none() } }
        holding.holders.removeAll { $0 == call.asker }
        try answer(call.number) { $0.none() }
    }

    // MARK: Mode sync

    /// Runs an execution with the server's thread waiting: to its end, or until a step of it has to wait and
    /// it goes on without.
    ///
    /// - Parameters:
    ///   - mayBlock: whether whoever has caused it can wait in the background.
    ///   - onEnd: called at its end.
    /// - Returns: the execution, which is over or goes on.
    /// - Throws: why it could not be begun.
    @discardableResult
    func runHolding(
        _ registration: FlowRegistration, _ payload: FlowPayload, owner: FlowExecution.Owner, mayBlock: Bool,
        hook: HookCall? = nil, held: HeldCommand? = nil, onEnd: ((FlowExecution) -> Void)? = nil
    ) throws(FlowError) -> FlowExecution {
        guard isReady, case .live = registration.session.state, registration.number != nil else {
            throw .process(.starting)
        }
        guard holding.abandoned.count < Holding.mostAbandoned, holding.holders.count < Holding.deepest else {
            throw .holding(.tooMany)
        }
        let execution = FlowExecution(
            id: ids.next(), session: registration.session, registration: registration,
            steps: registration.parts.steps, owner: owner)
        execution.payload = payload
        (execution.hook, execution.held) = (hook, held)
        execution.onEnd = onEnd
        executions.add(execution)
        registration.statistics.begin()
        start(execution, [.isSync, .tellsResults, mayBlock ? .mayBlock : []])
        let isInTime = hold(for: execution.number) { execution.isOver || execution.isParked }
        guard !isInTime, !execution.isOver else { return execution }
        holding.abandoned.insert(execution.number)
        tell(.abort, execution.number)
        finish(execution, because: .holding(.tooLong(milliseconds: holdLimitMilliseconds)))
        return execution
    }
}
