import Testing

@testable import SharedAPI

@Suite struct RunPartsTests {
    private typealias Parts = RunParts<String, Int, Double>

    @Test func theFirstToEndItGetsAllThereIs() throws {
        var parts = Parts("target")
        parts.keep(deadline: 0.5)
        #expect(parts.keep(run: 1))
        let ended = try #require(parts.end())
        #expect(ended.target == "target")
        #expect(ended.run == 1)
        #expect(ended.deadline == 0.5)
        #expect(parts.end() == nil)
    }

    @Test func aRunThatIsOverBeforeItsStartIsKnownLosesNothing() throws {
        var parts = Parts("target")
        let ended = try #require(parts.end())
        #expect(ended.target == "target")
        #expect(ended.run == nil)
        #expect(!parts.keep(run: 1))
        parts.keep(deadline: 0.5)
        #expect(parts.end() == nil)
    }
}
