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
        let streams = registration.streams
        var isStream = false
        if case .stream = registration.reader { isStream = true }
        context.reply(arrayOf: isStream ? 26 : 20)
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
        if isStream {
            context.reply(bulk: "lastEstimatedLagMS")
            context.reply(integer: streams.lastLag)
            context.reply(bulk: "avgEstimatedLagMS")
            context.reply(real: streams.averageLag)
        }
        context.reply(bulk: "lastError")
        context.reply(optional: statistics.lastError)
        context.reply(bulk: "args")
        sendArguments(in: context)
        guard isStream else { return }
        context.reply(bulk: "status")
        context.reply(bulk: Array(streams.status.rawValue.utf8))
    }

    private func sendArguments(in context: borrowing RedisContext) {
        switch registration.reader {
        case .command(let trigger, let isInOrder):
            context.reply(arrayOf: 4)
            context.reply(bulk: "trigger")
            context.reply(bulk: trigger)
            context.reply(bulk: "inorder")
            context.reply(integer: isInOrder ? 1 : 0)
        case .hook(let settings):
            context.reply(arrayOf: 4)
            context.reply(bulk: "trigger")
            context.reply(bulk: settings.name)
            context.reply(bulk: "inorder")
            context.reply(integer: settings.isInOrder ? 1 : 0)
        case .keys(let filter): send(filter, in: context)
        case .stream(let settings): send(settings, in: context)
        }
    }

    private func send(_ filter: KeysFilter, in context: borrowing RedisContext) {
        context.reply(arrayOf: 8)
        context.reply(bulk: "regex")
        context.reply(bulk: filter.prefix.text)
        context.reply(bulk: "eventTypes")
        context.reply(optional: filter.events)
        context.reply(bulk: "keyTypes")
        context.reply(optional: filter.types)
        context.reply(bulk: "hookCommands")
        context.reply(optional: filter.commands?.map { String(decoding: $0, as: UTF8.self) })
    }

    private func send(_ settings: StreamSettings, in context: borrowing RedisContext) {
        context.reply(arrayOf: 12)
        context.reply(bulk: "batchSize")
        context.reply(integer: settings.batchSize)
        context.reply(bulk: "durationMS")
        context.reply(integer: settings.durationMilliseconds)
        context.reply(bulk: "stream")
        context.reply(bulk: settings.prefix.text)
        context.reply(bulk: "trimStream")
        context.reply(integer: settings.trims ? 1 : 0)
        context.reply(bulk: "onFailedPolicy")
        context.reply(bulk: Array(settings.policy.rawValue.utf8))
        context.reply(bulk: "retryInterval")
        context.reply(integer: settings.retrySeconds)
    }
}

extension RedisContext {
    /// A bulk string, or null.
    func reply(optional bytes: [UInt8]?) {
        if let bytes { reply(bulk: bytes) } else { replyNull() }
    }

    /// An array of bulk strings, or null.
    func reply(optional texts: [String]?) {
        guard let texts else { return replyNull() }
        reply(arrayOf: texts.count)
        for text in texts { reply(bulk: Array(text.utf8)) }
    }
}
