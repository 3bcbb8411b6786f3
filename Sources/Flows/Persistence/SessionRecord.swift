import Messages

/// What is kept of a session: its script and what that has registered, without statistics.
///
/// It is written as a message is, with a version first, and read as a stranger's.
struct SessionRecord: Equatable {
    /// A registration that its script has made.
    struct Registration: Equatable {
        let id: [UInt8]
        /// The number at the end of the ID.
        let order: Int
        /// Which of those that the script makes it is, from 0.
        let place: Int
        /// What `register` was given, from which the rest follows.
        let description: MessageValue
        /// Of a StreamReader, what the names of its groups end with; nil if an earlier version has made it.
        var groupMark: [UInt8]?
    }

    private static let version = 1
    /// Values of the record, those of a registration without a mark.
    private static let (valueCount, registrationValueCount) = (7, 4)

    private static let longestMark = 100

    let id: [UInt8]
    let script: FlowScript
    let registrations: [Registration]

    init(id: [UInt8], script: FlowScript, registrations: [Registration]) {
        self.id = id
        self.script = script
        self.registrations = registrations
    }

    var name: String { String(decoding: id, as: UTF8.self) }

    // MARK: Bytes

    /// - Throws: `.answerTooLong` if it is too long to be kept.
    func encoded() throws(FlowError) -> [UInt8] {
        var writer = MessageWriter()
        writer.begin()
        writer.tuple(Self.valueCount)
        writer.integer(Self.version)
        writer.bytes(id)
        writer.bytes(script.source)
        writer.bytes(optional: script.description)
        writer.bytes(optional: script.user)
        writer.integer(Int(script.database))
        writer.tuple(2)
        writer.list(script.requirements.count)
        for requirement in script.requirements { writer.bytes(requirement) }
        writer.list(registrations.count)
        for registration in registrations {
            writer.tuple(Self.registrationValueCount + (registration.groupMark == nil ? 0 : 1))
            writer.bytes(registration.id)
            writer.integer(registration.order)
            writer.integer(registration.place)
            writer.value(registration.description)
            if let mark = registration.groupMark { writer.bytes(mark) }
        }
        do throws(MessageError) { try writer.finish() } catch {
            throw .answerTooLong(error.description)
        }
        return Array(writer.buffer.dropFirst(MessageLimits.prefixByteCount))
    }

    /// - Throws: `.keeping(.invalid)`.
    init(decoding bytes: [UInt8]) throws(FlowError) {
        guard let value = try? MessageReader.value(of: bytes), let parts = value.asList,
            parts.count == Self.valueCount, parts[0].asInt == Self.version, let id = parts[1].asBytes,
            let source = parts[2].asBytes, let database = parts[5].asInt,
            let lists = parts[6].asList, lists.count == 2, let requirements = lists[0].asList,
            let registrations = lists[1].asList, (0...Int(Int32.max)).contains(database)
        else { throw .keeping(.invalid) }
        self.id = Array(id)
        script = FlowScript(
            source: Array(source), description: parts[3].asBytes.map(Array.init),
            requirements: requirements.compactMap { $0.asBytes.map(Array.init) },
            user: parts[4].asBytes.map(Array.init), database: Int32(database))
        var found: [Registration] = []
        for registration in registrations {
            guard let parts = registration.asList,
                (Self.registrationValueCount...Self.registrationValueCount + 1).contains(parts.count),
                let id = parts[0].asBytes, let order = parts[1].asInt,
                (1...FlowIDs.mostLoaded).contains(order),
                let place = parts[2].asInt, place >= 0
            else { throw .keeping(.invalid) }
            let mark = parts.count > Self.registrationValueCount ? parts[Self.registrationValueCount] : nil
            guard mark == nil || (1...Self.longestMark).contains(mark?.asBytes?.count ?? 0) else {
                throw .keeping(.invalid)
            }
            // Whether it makes sense is seen now, not when it is to be started.
            _ = try FlowRegistration.parts(of: parts[3])
            found.append(
                Registration(
                    id: Array(id), order: order, place: place, description: parts[3],
                    groupMark: mark?.asBytes.map(Array.init)))
        }
        self.registrations = found
    }
}

extension MessageWriter {
    fileprivate mutating func bytes(optional value: [UInt8]?) {
        if let value { bytes(value) } else { none() }
    }
}
