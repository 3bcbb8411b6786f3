import Testing

@testable import Flows

@Suite struct SessionPlanTests {
    private static let old = Array("old".utf8)
    private static let new = Array("new".utf8)

    private func plan(
        _ id: [UInt8]?, isUpgrade: Bool = false, replaced: [UInt8]? = nil
    ) throws(FlowError) -> SessionPlan {
        try SessionPlan(id: id, isUpgrade: isUpgrade, replaced: replaced) { $0 == Self.old }
    }

    @Test func whatHasNoNameOrANewOneIsCreated() throws {
        #expect(try plan(nil) == .create)
        #expect(try plan(Self.new) == .create)
        #expect(try plan(Self.new, isUpgrade: true) == .create)
    }

    @Test func anUpgradeReplacesTheSessionOfItsName() throws {
        #expect(try plan(Self.old, isUpgrade: true) == .replace(Self.old))
    }

    @Test func aNameIsTakenOnce() {
        #expect { try plan(Self.old) } throws: { ($0 as? FlowError)?.text == "Session old already exists" }
    }

    @Test func anotherNameCanBeReplaced() throws {
        #expect(try plan(Self.new, replaced: Self.old) == .replace(Self.old))
        #expect(try plan(nil, replaced: Self.old) == .replace(Self.old))
    }

    @Test func onlyWhatExistsIsReplaced() {
        #expect { try plan(nil, replaced: Self.new) } throws: {
            ($0 as? FlowError)?.text == "Can not replace with new, session does not exists."
        }
    }

    @Test func aSessionThatExistsReplacesNoOther() {
        #expect { try plan(Self.old, replaced: Self.old) } throws: {
            ($0 as? FlowError)?.text == "Can not replace an existing session old with old"
        }
    }
}
