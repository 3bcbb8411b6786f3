import Testing

@testable import Flows

/// What pip may be given.
@Suite struct PackageRequirementTests {
    @Test(arguments: [
        ("tea", "tea"), (" tea ", "tea"), ("T.e-a_1", "T.e-a_1"), ("tea[green]", "tea[green]"),
        ("tea [ green , black ] >= 1 , < 2", "tea[green,black]>=1,<2"), ("tea===1.0+x", "tea===1.0+x"),
        ("tea~=1.2.3", "tea~=1.2.3"), ("tea==1.*", "tea==1.*"), ("tea!=1!2.0", "tea!=1!2.0"),
    ])
    func aPackageWithExtrasAndVersionsIsTaken(_ text: String, _ taken: String) throws {
        #expect(try PackageRequirement(Array(text.utf8)).text == taken)
    }

    @Test(arguments: [
        "", " ", "-tea", "tea-", ".", "../tea", "/tea", "tea/", "-e", "--user", "tea --user", "tea@file:///a",
        "tea;os_name=='a'", "tea[", "tea[]", "tea[a,]", "tea[a", "tea[-a]", "tea=", "tea==", "tea==1,",
        "tea=1", "tea==-1", "tea 1", "te a", "tea\n", "tea\t", "tea\u{0}", "täa", "(tea)", "tea (>=1)",
        "tea>=1 <2",
    ])
    func anythingElseIsNot(_ text: String) {
        #expect(throws: RequirementError.self) { try PackageRequirement(Array(text.utf8)) }
    }

    @Test func itsLengthIsLimited() throws {
        let longest = [UInt8](repeating: UInt8(ascii: "a"), count: PackageRequirement.lengthLimit)
        #expect(try PackageRequirement(longest).text.count == longest.count)
        #expect(throws: RequirementError.self) { try PackageRequirement(longest + [UInt8(ascii: "a")]) }
    }

    @Test func theirNumberIsLimited() throws {
        let most = [[UInt8]](repeating: Array("a".utf8), count: PackageRequirement.countLimit)
        #expect(try PackageRequirement.all(of: most).count == most.count)
        #expect(throws: RequirementError.self) { try PackageRequirement.all(of: most + most) }
    }
}
