import Execution
import Guests
import Messages
import Redis

/// What the supervisor tells, on its own thread; the work is the server's thread's.
extension FlowService: GuestOwner {
    public func guestStarted(_ connection: GuestConnection) {
        let connection = FlowConnection(connection)
        ServerThread.call { self.started(connection) }
    }

    public func guestEnded(_ end: GuestEnd) {
        ServerThread.call { self.ended(end) }
    }

    public func guestRefused(_ why: String) {
        Log.warning("flows: \(why)")
        ServerThread.call { self.refuse(why) }
    }

    public func guestDelayed(_ why: String) {
        ServerThread.call { self.endWaiting(.process(.delayed(why))) }
    }

    public func log(_ level: GuestLogLevel, _ line: String) {
        switch level {
        case .notice: Log.notice("flows: \(line)")
        case .warning: Log.warning("flows: \(line)")
        }
    }
}

/// The Python process: its beginning, its end, and what it says.
extension FlowService {
    /// The status with which the Python side ends if this Python cannot serve.
    private static let unsuitableStatus = 78
    /// Version of the messages.
    private static let protocolVersion = 1
    /// For so long the server's thread reads in one turn of the event loop, in nanoseconds.
    private static let readingBudget = 500_000

    private func started(_ connection: FlowConnection) {
        lose("another process took its place")
        self.connection = connection
        answers = AnswerWatch(limitNanoseconds: settings.flows.hangLimitMilliseconds * 1_000_000)
        guard connection.begin({ [weak self] in self?.read() }) else {
            refuse("the server does not look at its messages")
            guest?.stop()
            return
        }
    }

    private func ended(_ end: GuestEnd) {
        Log.warning("flows: the Python \(end)")
        lose("its process has ended", ofStart: end.start)
        judgeSuspects(end.reason)
        if case .exited(Self.unsuitableStatus) = end.reason {
            refuse("this Python cannot serve, the log says why; set FLOWS_PYTHON")
            guest?.stop()
        } else if lastReadyStart != end.start {
            // The next start may be some time away, and end like this one.
            endWaiting(.process(.ended))
        }
    }

    /// There is no process, and there will be none: nobody waits for one.
    private func refuse(_ why: String) {
        refusal = why
        lose(why)
        endWaiting(.process(.unavailable(why)))
    }

    /// Nothing more comes from the process; whoever waited for something is told.
    /// - Parameter start: of whose process; nil = of the one that is connected.
    private func lose(_ why: String, ofStart start: Int? = nil) {
        guard let connection, start == nil || start == connection.start else { return }
        connection.close()
        self.connection = nil
        settleAnswers()
        holding.reset()
        // Before that it was given nothing to do.
        guard isReady else { return }
        isReady = false
        Log.verbose("flows: the connection with Python is gone: \(why)")
        endAll()
    }

    /// The process says what makes no sense.
    private func breakOff(_ why: String) {
        Log.warning("flows: protocol error: \(why)")
        kill("protocol error")
        lose("protocol error")
    }

    // MARK: Reading

    /// Does what the process has asked for or told, for a while.
    func read() {
        let end = Monotonic.nanoseconds + Self.readingBudget
        // Whoever holds the server reads itself.
        guard !holding.isHeld else { return }
        connection?.expectMessages(true)
        reading: while let connection {
            if let message = holding.take(where: { _ in true }) {
                handle(message)
                continue
            }
            switch connection.next() {
            case .message(let message):
                handle(message)
                guard Monotonic.nanoseconds < end else {
                    // Clients are looked at first.
                    readInNextTurn()
                    break reading
                }
            case .nothing: break reading
            case .hasEnded: endConnection()
            case .isBroken(let error): breakOff(error.description)
            }
        }
        flush()
    }

    /// Reads once clients have been looked at.
    func readInNextTurn() {
        guard !isReadDue else { return }
        isReadDue = true
        ServerTurn.next {
            self.isReadDue = false
            self.read()
        }
    }

    /// The process has closed its end, or broken the rules of messages.
    func endConnection() {
        guard let start = connection?.start else { return }
        lose("Python has closed it")
        // As a rule it is about to end, and says how by that.
        ServerTimer.after(milliseconds: Self.endingMilliseconds) { [weak guest] in
            guest?.kill(because: "it has closed the connection", start: start)
        }
    }

    /// For so long a process that has closed its connection may take to end.
    private static var endingMilliseconds: Int { 1000 }

    func handle(_ message: MessageValue) {
        answers.heard(at: Monotonic.nanoseconds)
        guard case .tuple(let parts) = message, parts.count >= 2, let code = parts[0].asInt,
            let kind = MessageFromPython(rawValue: code), let number = parts[1].asInt
        else { return breakOff("a message of no known kind") }
        do throws(FlowError) {
            try handle(kind, number, parts[2...])
        } catch {
            breakOff("a message of kind \(kind): \(error.text)")
        }
    }

    /// - Parameter rest: from index 2 on.
    private func handle(
        _ kind: MessageFromPython, _ number: Int, _ rest: ArraySlice<MessageValue>
    ) throws(FlowError) {
        guard isReady || kind == .ready || kind == .log else { throw .invalidCall }
        switch kind {
        case .ready: try becomeReady(rest.first)
        case .pong: try takePong(rest.first)
        case .scripted: try scripted(number, rest.first)
        case .results:
            guard let piece = rest.first?.asList else { throw .invalidCall }
            addResults(number, piece)
        case .done: try done(number, rest)
        case .call: try call(number, rest)
        case .log: try log(rest)
        case .release: try release(rest.first)
        case .parked: executions.open[number]?.isParked = true
        case .arm: arm(number)
        }
    }

    private func becomeReady(_ value: MessageValue?) throws(FlowError) {
        guard !isReady, let value, value["protocol"]?.asInt == Self.protocolVersion else {
            throw .invalidCall
        }
        isReady = true
        if let connection {
            lastReadyStart = connection.start
            guest?.becameReady(connection.start)
        }
        let version = value["python"]?.asText ?? "unknown"
        Log.notice("flows: Python \(version.prefix(20)) serves as process \(connection?.pid ?? 0)")
        forgetPlace()
        try tellConfiguration(.hello)
        restoreSessions()
    }

    /// asyncio's loop is given up by the process itself when it is held; if that does not help, nothing does.
    private func takePong(_ held: MessageValue?) throws(FlowError) {
        guard let held = held?.asInt else { throw .invalidCall }
        if held > 2 * settings.flows.hangLimitMilliseconds {
            kill("a coroutine has held its event loop for \(held) ms")
        }
    }

    private func log(_ rest: ArraySlice<MessageValue>) throws(FlowError) {
        guard rest.count == 2, let level = rest.first?.asText, let text = rest.last?.asBytes else {
            throw .invalidCall
        }
        guard lines.takesOne() else { return leaveOut() }
        // A line of a flow must not look like several.
        let plain = text.prefix(Self.longestLine).map { $0 < UInt8(ascii: " ") ? UInt8(ascii: " ") : $0 }
        let line = "GEARS: " + String(decoding: plain, as: UTF8.self)
        switch level {
        case "debug": Log.debug(line)
        case "verbose": Log.verbose(line)
        case "warning": Log.warning(line)
        default: Log.notice(line)
        }
    }

    /// More lines than the server writes in a second are counted.
    private func leaveOut() {
        guard lines.isFirstLeftOut() else { return }
        ServerTimer.after(milliseconds: LineLimit.milliseconds) { [self] in
            Log.warning("GEARS: (\(lines.startAgain()) lines were left out)")
        }
    }

    /// The server keeps no longer line, in bytes.
    private static var longestLine: Int { 1000 }

    private func release(_ numbers: MessageValue?) throws(FlowError) {
        guard let numbers = numbers?.asList else { throw .invalidCall }
        for number in numbers {
            guard let number = number.asInt else { throw .invalidCall }
            try forget(number)
        }
    }
}
