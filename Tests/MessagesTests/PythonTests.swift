import Foundation
import Testing

@testable import Messages

/// The other half of the protocol, in a process of its own.
@Suite struct PythonTests {
    /// Sends each message back; fills regions of its own and reads those of the server if it is asked to.
    static let program = """
        import socket, sys
        from incoming import Incoming
        from redisai_flows import regions, wire
        messages, side = socket.socket(fileno=0), socket.socket(fileno=1)
        known = regions.Regions(side, lambda number: None)
        lent = []
        incoming = Incoming(wire.decoded)
        while data := messages.recv(1 << 16):
            for message in incoming.feed(data):
                if message[0] == "fill":
                    block = known.lend(message[1])
                    lent.append(block)
                    block.view[:] = bytes(number % 251 for number in range(message[1]))
                    message = (block.number, block.byte_count)
                elif message[0] == "show":
                    message = (bytes(known.theirs(*message[1:])),)
                messages.sendall(wire.encoded(message))
        """

    /// The process; it ends with the sockets.
    final class Guest {
        let messages = SocketPair()
        let side = SocketPair(isSide: true)
        private let process = Process()
        private var outbox = Outbox()
        private var inbox = Inbox()

        init() throws {
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["python3", "-c", PythonTests.program]
            var environment = ProcessInfo.processInfo.environment
            environment["PYTHONPATH"] = ["build/flows", "Tests/flows"]
                .map { Fixture.root.appendingPathComponent($0).path }.joined(separator: ":")
            environment["PYTHONDONTWRITEBYTECODE"] = "1"
            process.environment = environment
            process.standardInput = FileHandle(fileDescriptor: messages.theirs, closeOnDealloc: false)
            process.standardOutput = FileHandle(fileDescriptor: side.theirs, closeOnDealloc: false)
            try process.run()
            messages.closeTheirs()
            side.closeTheirs()
        }

        deinit { process.terminate() }

        /// Sends a value and waits for what comes back.
        func ask(_ value: MessageValue) throws -> MessageValue {
            try outbox.write { $0.value(value) }
            while true {
                try #require(outbox.flush(to: messages.ours) != .hasEnded)
                try #require(inbox.receive(from: messages.ours) != .hasEnded)
                if let answer = try inbox.next() { return answer }
                let events = Int16(POLLIN) | (outbox.byteCount > 0 ? Int16(POLLOUT) : 0)
                var wanted = pollfd(fd: messages.ours, events: events, revents: 0)
                try #require(poll(&wanted, 1, 60_000) == 1)
            }
        }
    }

    static func randomValue(_ depth: Int, _ random: inout SeededGenerator) -> MessageValue {
        let count = Int.random(in: 0...4, using: &random)
        switch Int.random(in: 0..<(depth < 5 ? 9 : 6), using: &random) {
        case 0: return .none
        case 1: return .bool(.random(using: &random))
        case 2:
            return .integer(
                Int.random(in: .min ... .max, using: &random) >> Int.random(in: 0..<64, using: &random))
        case 3: return .real(.random(in: -1e9...1e9, using: &random))
        case 4: return .bytes(ArraySlice((0..<count * 10).map { _ in .random(in: 0...255, using: &random) }))
        case 5:
            return .text(
                String(
                    (0..<count).map { _ in
                        Character(["a", "\u{E9}", "\u{1F600}"].randomElement(using: &random) ?? "")
                    }))
        case 6: return .tuple((0..<count).map { _ in randomValue(depth + 1, &random) })
        case 7: return .list((0..<count).map { _ in randomValue(depth + 1, &random) })
        default:
            // Equal keys would be one in Python.
            return .dict((0..<count).map { (.integer($0), randomValue(depth + 1, &random)) })
        }
    }

    @Test func pythonReadsAndWritesTheSame() throws {
        let guest = try Guest()
        var random = SeededGenerator.announced(for: "PythonTests")
        for _ in 0..<2000 {
            let value = MessageValue.tuple([.none, Self.randomValue(0, &random)])
            #expect(try guest.ask(value) == value)
        }
    }

    @Test func aLongMessageGoesToAndFro() throws {
        let bytes = [UInt8](repeating: 1, count: 20_000_000) + [2]
        let value = MessageValue.tuple([.none, .bytes(bytes[...])])
        let answer = try Guest().ask(value)
        #expect(answer == value)
    }

    @Test(arguments: [1, 65_536, 200_000])
    func pythonsRegionsAreRead(_ byteCount: Int) throws {
        let guest = try Guest()
        var regions = ForeignRegions()
        for number in 1...3 {
            let answer = try guest.ask(.tuple([.text("fill"), .integer(byteCount)]))
            #expect(answer == .tuple([.integer(-number), .integer(byteCount)]))
            try regions.receive(from: guest.side.ours)
            var bytes = [UInt8](repeating: 0, count: byteCount)
            var span = bytes.mutableSpan
            try regions.copy(-number, into: &span)
            #expect(bytes == (0..<byteCount).map { UInt8($0 % 251) })
        }
    }

    @Test func pythonReadsOurRegions() throws {
        let guest = try Guest()
        var pool = RegionPool()
        for size in [1, 70_000, 70_000] {
            let bytes = (0..<size).map { UInt8($0 % 13) }
            let number = try pool.lend(byteCount: size, over: guest.side.ours)
            try pool.write(bytes.span, to: number)
            let question: [MessageValue] = [.text("show"), .integer(number), .integer(0), .integer(size)]
            #expect(try guest.ask(.tuple(question)) == .tuple([.bytes(bytes[...])]))
            if size > 1 { try pool.giveBack(number) }
        }
        #expect(pool.byteCount == 3 << 16)
    }
}
