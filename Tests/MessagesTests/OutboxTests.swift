import Glibc
import Testing

@testable import Messages

/// What waits is sent, once, in order.
@Suite struct OutboxTests {
    /// So many bytes in one message.
    static func outbox(with bytes: [UInt8], byteLimit: Int = 64 << 20) throws -> Outbox {
        var outbox = Outbox(byteLimit: byteLimit)
        try outbox.write { $0.bytes(bytes) }
        return outbox
    }

    @Test func sendsAllMessagesAtOnce() throws {
        let sockets = SocketPair()
        var outbox = Outbox()
        try outbox.write { $0.integer(1) }
        try outbox.write { $0.none() }
        #expect(outbox.byteCount == 14)
        #expect(outbox.flush(to: sockets.ours) == .sentAll)
        #expect(outbox.byteCount == 0)
        #expect(sockets.readAtTheirs() == [5, 0, 0, 0] + Bytes.of("i", 1) + [1, 0, 0, 0] + Array("N".utf8))
    }

    @Test func hasNothingToSendAtFirst() {
        let sockets = SocketPair()
        var outbox = Outbox()
        #expect(outbox.flush(to: sockets.ours) == .sentAll)
        #expect(sockets.readAtTheirs() == [])
    }

    @Test func keepsWhatTheSocketDoesNotTake() throws {
        let sockets = SocketPair()
        sockets.shrinkBuffer()
        var outbox = Outbox()
        var received: [UInt8] = []
        var expected: [UInt8] = []
        for number in 0..<200 {
            let bytes = [UInt8](repeating: UInt8(number), count: 1000 + number)
            try outbox.write { $0.bytes(bytes) }
            expected += try MessageWriterTests.written { $0.bytes(bytes) }
            // More is written than read, so that there is a rest to be kept.
            #expect(outbox.flush(to: sockets.ours) != .hasEnded)
            received += sockets.readAtTheirs(500)
            #expect(received.count + outbox.byteCount <= expected.count)
        }
        #expect(outbox.flush(to: sockets.ours) == .waits)
        while outbox.byteCount > 0 {
            received += sockets.readAtTheirs()
            #expect(outbox.flush(to: sockets.ours) != .hasEnded)
        }
        received += sockets.readAtTheirs()
        #expect(received == expected)
    }

    @Test func findsThatNobodyReads() throws {
        let sockets = SocketPair()
        sockets.closeTheirs()
        var outbox = try Self.outbox(with: [1])
        #expect(outbox.flush(to: sockets.ours) == .hasEnded)
        #expect(outbox.byteCount == 10)
    }

    @Test(arguments: [(89, false), (90, true), (91, true)])
    func isFullFromItsLimitOn(_ count: Int, _ isFull: Bool) throws {
        // Nine bytes go before them.
        let outbox = try Self.outbox(with: [UInt8](repeating: 0, count: count), byteLimit: 99)
        #expect(outbox.isFull == isFull)
    }

    @Test func aMessageThatFailsLeavesNothing() throws {
        let sockets = SocketPair()
        var outbox = Outbox()
        try outbox.write { $0.integer(1) }
        #expect(throws: MessageError.truncated) {
            try outbox.write { (writer) throws(MessageError) in
                writer.text("a")
                throw .truncated
            }
        }
        #expect(throws: MessageError.self) {
            try outbox.write { $0.bytes([UInt8](repeating: 0, count: MessageLimits.byteCount)) }
        }
        try outbox.write { $0.integer(2) }
        #expect(outbox.flush(to: sockets.ours) == .sentAll)
        #expect(sockets.readAtTheirs() == [1, 2].flatMap { [5, 0, 0, 0] + Bytes.of("i", $0) })
    }
}
