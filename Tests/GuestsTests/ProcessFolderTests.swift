import Testing

@testable import Guests

/// Texts of the system that are read.
@Suite struct ProcessFolderTests {
    @Test(arguments: [
        ("RssAnon:\t    100 kB\nRssFile:\t 7 kB\nRssShmem:\t 20 kB\n", 120 * 1024),
        ("Name:\ta\nRssAnon:\t 1 kB\n", 1024), ("", nil), ("RssAnon: kB", nil), ("RssAnon: x kB", nil),
    ])
    func memoryIsWhatBelongsToNoFile(_ text: String, _ byteCount: Int?) {
        #expect(ProcessFolder.memoryByteCount(inStatus: text) == byteCount)
    }

    @Test func anEndedProcessHasNone() {
        #expect(ProcessFolder(pid: 1 << 30) == nil)
    }
}

@Suite struct GuestLimitsTests {
    @Test(arguments: [(nil, nil), (100, 120), (Int.max, Int.max)])
    func aFifthMoreIsTooMuch(_ limit: Int?, _ most: Int?) {
        #expect(GuestLimits(memoryByteCount: limit).mostMemoryByteCount == most)
    }
}
