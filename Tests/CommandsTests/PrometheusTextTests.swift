import Testing

@testable import Commands

@Suite struct PrometheusTextTests {
    static func text(_ write: (inout PrometheusText) -> Void) -> String {
        var text = PrometheusText()
        write(&text)
        return String(decoding: text.bytes, as: UTF8.self)
    }

    static func labels(_ pairs: KeyValuePairs<String, String>) -> PrometheusText.Labels {
        var labels = PrometheusText.Labels()
        for (name, value) in pairs { labels.add(name, value) }
        return labels
    }

    @Test func aFamilyBeginsWithItsHelpAndKind() {
        #expect(
            Self.text { $0.open("a_total", .counter, "All of it.") }
                == "# HELP a_total All of it.\n# TYPE a_total counter\n")
    }

    @Test func aSampleIsALineWithItsLabels() {
        let text = Self.text {
            $0.open("a", .gauge, "b")
            $0.add(Self.labels(["x": "1", "y": "two"]), -5)
        }
        #expect(text.hasSuffix("gauge\na{x=\"1\",y=\"two\"} -5\n"))
    }

    @Test func aSampleWithoutLabelsHasNoBraces() {
        let text = Self.text {
            $0.open("a", .gauge, "b")
            $0.add(PrometheusText.Labels(), "0.5")
        }
        #expect(text.hasSuffix("gauge\na 0.5\n"))
    }

    @Test func aHistogramEndsWithAllSumAndCount() {
        let text = Self.text {
            $0.open("h", .histogram, "b")
            $0.add(Self.labels(["x": "1"]), bounds: ["0.5", "2"], counts: [3, 4], count: 9, sum: "7.5")
        }
        let lines = [
            "h_bucket{x=\"1\",le=\"0.5\"} 3", "h_bucket{x=\"1\",le=\"2\"} 4",
            "h_bucket{x=\"1\",le=\"+Inf\"} 9", "h_sum{x=\"1\"} 7.5", "h_count{x=\"1\"} 9", "",
        ]
        #expect(text.hasSuffix("histogram\n" + lines.joined(separator: "\n")))
    }

    @Test func aHistogramWithoutLabelsHasTheBoundsOnly() {
        let text = Self.text {
            $0.open("h", .histogram, "b")
            $0.add(PrometheusText.Labels(), bounds: ["1"], counts: [3], count: 3, sum: "2")
        }
        #expect(
            text.hasSuffix("\nh_bucket{le=\"1\"} 3\nh_bucket{le=\"+Inf\"} 3\nh_sum 2\nh_count 3\n"))
    }

    @Test(
        arguments: [
            ([], ""), (Array("a b,{}=\u{E9}".utf8), "a b,{}=\u{E9}"), (Array("\\".utf8), "\\\\"),
            (Array("\"".utf8), "\\\""), (Array("a\nb".utf8), "a\\nb"),
            ([0, 0x1F, 0x7F], "\\\\x00\\\\x1f\\\\x7f"),
            ([0x61, 0xFF, 0x0A, 0x80], "a\\\\xff\\n\\\\x80"), ([0xC3], "\\\\xc3"),
        ] as [([UInt8], String)])
    func anyBytesCanBeALabel(_ bytes: [UInt8], _ text: String) {
        #expect(PrometheusText.escaped(bytes) == text)
    }
}

@Suite struct DecimalTextTests {
    @Test(arguments: [
        (0, 3, "0"), (7, 3, "0.007"), (70, 3, "0.07"), (700, 3, "0.7"), (7000, 3, "7"), (7296, 3, "7.296"),
        (1_000_001, 6, "1.000001"), (4096, 9, "0.000004096"), (100, 0, "100"),
        (.max, 9, "9223372036.854775807"),
    ])
    func isExactAndShort(_ number: Int, _ places: Int, _ text: String) {
        #expect(DecimalText.text(number, places: places) == text)
    }
}
