import Redis

/// What clients are told of a registration: eight replies, names and values by turns.
struct RegistrationReport {
    private let registration: FlowRegistration

    init(_ registration: FlowRegistration) { self.registration = registration }

    func send(in context: borrowing RedisContext) {
        context.reply(bulk: "id")
        context.reply(bulk: registration.id)
        context.reply(bulk: "reader")
        context.reply(bulk: registration.reader.name)
        context.reply(bulk: "desc")
        context.reply(optional: registration.parts.description)
        context.reply(bulk: "RegistrationData")
        sendData(in: context)
    }

    private func sendData(in context: borrowing RedisContext) {
        let statistics = registration.statistics
        context.reply(arrayOf: 20)
        context.reply(bulk: "mode")
        context.reply(bulk: Array(registration.mode.rawValue.utf8))
        let numbers: [(StaticString, Int)] = [
            ("numTriggered", statistics.triggeredCount), ("numSuccess", statistics.successCount),
            ("numFailures", statistics.failureCount), ("numAborted", statistics.abortedCount),
            ("lastRunDurationMS", statistics.lastDuration), ("totalRunDurationMS", statistics.totalDuration),
        ]
        for (name, number) in numbers {
            context.reply(bulk: name)
            context.reply(integer: number)
        }
        context.reply(bulk: "avgRunDurationMS")
        context.reply(real: statistics.averageDuration)
        context.reply(bulk: "lastError")
        context.reply(optional: statistics.lastError)
        context.reply(bulk: "args")
        sendArguments(in: context)
    }

    private func sendArguments(in context: borrowing RedisContext) {
        switch registration.reader {
        case .command(let trigger, let isInOrder):
            context.reply(arrayOf: 4)
            context.reply(bulk: "trigger")
            context.reply(bulk: trigger)
            context.reply(bulk: "inorder")
            context.reply(integer: isInOrder ? 1 : 0)
        }
    }
}

extension RedisContext {
    /// A bulk string, or null.
    func reply(optional bytes: [UInt8]?) {
        if let bytes { reply(bulk: bytes) } else { replyNull() }
    }
}
