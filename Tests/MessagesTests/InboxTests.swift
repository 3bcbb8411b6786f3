import Glibc
import Testing

@testable import Messages

/// A stream becomes messages, however it is cut.
@Suite struct InboxTests {
    /// All messages that are complete.
    static func messages(of inbox: inout Inbox) throws -> [MessageValue] {
        var messages: [MessageValue] = []
        while let message = try inbox.next() { messages.append(message) }
        return messages
    }

    @Test(arguments: [1, 2, 3, 7, 64, 1 << 12])
    func readsPiecesOfAnySize(_ size: Int) throws {
        let sockets = SocketPair()
        let stream = Fixture.all.flatMap(\.bytes)
        var inbox = Inbox()
        var texts: [String] = []
        for start in stride(from: 0, to: stream.count, by: size) {
            sockets.sendFromTheirs(stream[start...].prefix(size))
            let received = inbox.receive(from: sockets.ours)
            let messages = try Self.messages(of: &inbox)
            #expect((received == .messages) == !messages.isEmpty)
            texts += messages.map(\.pythonText)
        }
        #expect(texts == Fixture.all.map(\.text))
        #expect(inbox.byteCount == 0)
        #expect(inbox.receive(from: sockets.ours) == .nothing)
    }

    @Test func doesNotReadOnWhileAMessageWaits() throws {
        let sockets = SocketPair()
        let stream = try MessageWriterTests.written { $0.integer(1) }
        var inbox = Inbox()
        sockets.sendFromTheirs(stream[...])
        #expect(inbox.receive(from: sockets.ours) == .messages)
        sockets.sendFromTheirs(stream[...])
        #expect(inbox.receive(from: sockets.ours) == .messages)
        #expect(inbox.byteCount == stream.count)
        #expect(try inbox.next() == .integer(1))
        #expect(try inbox.next() == nil)
        #expect(inbox.receive(from: sockets.ours) == .messages)
        #expect(try inbox.next() == .integer(1))
    }

    @Test func saysWhetherAReadMayHaveLeftSomething() throws {
        let sockets = SocketPair()
        let stream = try MessageWriterTests.written { $0.integer(1) }
        var inbox = Inbox()
        #expect(inbox.mayHaveMore)
        sockets.sendFromTheirs(stream[...])
        #expect(inbox.receive(from: sockets.ours) == .messages)
        #expect(!inbox.mayHaveMore && inbox.hasMessage)
        #expect(try inbox.next() == .integer(1))
        #expect(!inbox.hasMessage)
    }

    @Test(arguments: [0, 3, 4, 8])
    func endsAfterTheLastWholeMessage(_ rest: Int) throws {
        let sockets = SocketPair()
        let stream = try MessageWriterTests.written { $0.integer(1) }
        sockets.sendFromTheirs(stream + stream.prefix(rest))
        sockets.closeTheirs()
        var inbox = Inbox()
        #expect(inbox.receive(from: sockets.ours) == .messages)
        #expect(inbox.receive(from: sockets.ours) == .messages)
        #expect(try inbox.next() == .integer(1))
        #expect(inbox.receive(from: sockets.ours) == .hasEnded)
        #expect(try inbox.next() == nil)
    }

    @Test func aLengthBeyondTheLimitIsAnErrorAtOnce() throws {
        let sockets = SocketPair()
        let length = Int32(MessageLimits.byteCount + 1)
        var inbox = Inbox()
        sockets.sendFromTheirs(Bytes.of("", length)[...])
        #expect(inbox.receive(from: sockets.ours) == .messages)
        for _ in 0..<2 {
            #expect(throws: MessageError.tooLong(byteCount: Int(length))) { try inbox.next() }
        }
    }

    @Test func theLargestLengthIsAnErrorToo() throws {
        let sockets = SocketPair()
        var inbox = Inbox()
        sockets.sendFromTheirs(Bytes.of("", -1)[...])
        #expect(inbox.receive(from: sockets.ours) == .messages)
        #expect(throws: MessageError.tooLong(byteCount: Int(UInt32.max))) { try inbox.next() }
    }

    @Test func aMessageWithoutAValueIsAnError() throws {
        let sockets = SocketPair()
        var inbox = Inbox()
        sockets.sendFromTheirs([0, 0, 0, 0])
        #expect(inbox.receive(from: sockets.ours) == .messages)
        #expect(throws: MessageError.truncated) { try inbox.next() }
    }

    @Test func readsAMessageThatIsLongerThanTheBuffer() throws {
        let sockets = SocketPair()
        let bytes = [UInt8](repeating: 1, count: 3_000_000) + [2]
        var outbox = Outbox()
        try outbox.write { $0.integer(1) }
        try outbox.write { $0.bytes(bytes) }
        try outbox.write { $0.integer(2) }
        var inbox = Inbox()
        var messages: [MessageValue] = []
        while messages.count < 3 {
            try #require(outbox.flush(to: sockets.ours) != .hasEnded)
            try #require(inbox.receive(from: sockets.theirs) != .hasEnded)
            // What a length promises takes no memory before it comes.
            #expect(inbox.capacity <= 2 * inbox.byteCount + (1 << 20))
            messages += try Self.messages(of: &inbox)
        }
        #expect(messages == [.integer(1), .bytes(bytes[...]), .integer(2)])
        #expect(inbox.receive(from: sockets.theirs) == .nothing)
        #expect(inbox.capacity <= 1 << 20)
    }
}
