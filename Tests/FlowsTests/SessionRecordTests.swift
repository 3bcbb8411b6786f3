import Messages
import Testing

@testable import Flows

@Suite struct SessionRecordTests {
    private static let registration = SessionRecord.Registration(
        id: Array("0-7".utf8), order: 7, place: 2,
        description: .dict([
            (.text("reader"), .text("CommandReader")), (.text("mode"), .text("async")),
            (.text("trigger"), .text("t")), (.text("inorder"), .bool(true)),
        ]))
    private static let record = SessionRecord(
        id: Array("mine".utf8),
        script: FlowScript(
            source: Array("x = 1".utf8), description: nil, requirements: [Array("numpy".utf8)],
            user: Array("default".utf8), database: 3),
        registrations: [registration])

    @Test func comesBackAsItWas() throws {
        #expect(try SessionRecord(decoding: Self.record.encoded()) == Self.record)
    }

    @Test(arguments: [nil, Array("0123456789012345".utf8)])
    func theMarkOfARegistrationsGroupsComesBack(_ mark: [UInt8]?) throws {
        var marked = Self.registration
        marked.groupMark = mark
        let record = SessionRecord(
            id: Self.record.id, script: Self.record.script, registrations: [marked, Self.registration])
        #expect(try SessionRecord(decoding: record.encoded()) == record)
    }

    @Test func whatIsCutIsRefused() throws {
        let bytes = try Self.record.encoded()
        for count in 0..<bytes.count {
            #expect(throws: FlowError.self) { try SessionRecord(decoding: Array(bytes.prefix(count))) }
        }
    }

    @Test func whatIsDamagedIsRefusedOrRead() throws {
        let bytes = try Self.record.encoded()
        var refusals = 0
        for index in bytes.indices {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[index] ^= 1 << bit
                if (try? SessionRecord(decoding: damaged)) == nil { refusals += 1 }
            }
        }
        #expect(refusals > 0)
    }

    @Test func aRegistrationThatMakesNoSenseIsRefused() throws {
        let wrong = SessionRecord.Registration(id: [1], order: 1, place: 0, description: .integer(5))
        let record = SessionRecord(id: [2], script: Self.record.script, registrations: [wrong])
        let bytes = try record.encoded()
        #expect(throws: FlowError.self) { try SessionRecord(decoding: bytes) }
    }
}
