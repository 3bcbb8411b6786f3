import Testing

@testable import SharedAPI

@Suite struct RunPartsTests {
    private typealias Parts = RunParts<String, Int, Double>

    @Test func theFirstToEndItGetsAllThereIs() {
        var parts = Parts("target")
        parts.keep(deadline: 0.5)
        let isKept = parts.keep(run: 1)
        let (first, second) = (parts.end(), parts.end())
        #expect(isKept)
        #expect(first?.target == "target" && first?.run == 1 && first?.deadline == 0.5)
        #expect(second == nil)
    }

    @Test func aRunThatIsOverBeforeItsStartIsKnownLosesNothing() {
        var parts = Parts("target")
        let first = parts.end()
        let isKept = parts.keep(run: 1)
        parts.keep(deadline: 0.5)
        let second = parts.end()
        #expect(first?.target == "target" && first?.run == nil)
        #expect(!isKept)
        #expect(second == nil)
    }
}
