import Testing

/// Spellings that do not occur in `Sources`, and what stands in their place.
@Suite struct BannedSpellingTests {
    struct Ban: Sendable, CustomStringConvertible {
        let spelling: String
        let remark: String
        /// The lines of a file that have it.
        let lines: @Sendable (SourceFile) -> [Int]

        var description: String { spelling }

        static func word(_ word: String, _ remark: String) -> Ban {
            Ban(spelling: word, remark: remark) { $0.linesOfCode(with: word) }
        }

        static func text(_ text: String, _ remark: String) -> Ban {
            Ban(spelling: text, remark: remark) { $0.linesOfCode(containing: text) }
        }

        /// Anywhere, comments and literals included.
        static func note(_ word: String) -> Ban {
            Ban(spelling: word, remark: "finish it, or say what is so and why") { file in
                file.lines.indices.filter { SwiftText.words(of: file.lines[$0]).contains(Substring(word)) }
                    .map { $0 + 1 }
            }
        }

        func findings(in files: [SourceFile]) -> [Finding] {
            files.flatMap { file in
                lines(file).map { Finding(path: file.path, line: $0, remark: "\(spelling): \(remark)") }
            }
        }
    }

    static let bans: [Ban] = [
        .word("async", "runs block for milliseconds: use a WorkQueue"),
        .word("await", "runs block for milliseconds: use a WorkQueue"),
        .word("actor", "use Locked"),
        .text("try!", "pass the error on"),
        .text(" as!", "use as? and say what else there can be"),
        .text("print(", "use Log"),
        .text("debugPrint(", "use Log"),
        .word("fatalError", "use preconditionFailure with a sentence, where no input can lead"),
        .note("TODO"), .note("FIXME"), .note("XXX"), .note("HACK"),
    ]

    @Test(arguments: bans)
    func doesNotOccur(_ ban: Ban) {
        #expect(ban.findings(in: SourceTree.sources) == [])
    }

    static func found(in text: String) -> [String] {
        let file = SourceFile(path: "Sources/Tensors/New.swift", text: text)
        return bans.filter { !$0.findings(in: [file]).isEmpty }.map(\.spelling)
    }

    @Test(arguments: [
        ("func f() async {}", ["async"]), ("await f()", ["await"]), ("actor A {}", ["actor"]),
        ("try! f()", ["try!"]), ("x as! Int", [" as!"]), ("print(x)", ["print("]),
        ("fatalError()", ["fatalError"]),
        ("// TODO: later", ["TODO"]), ("/// FIXME", ["FIXME"]), ("\"HACK\"", ["HACK"]),
    ])
    func isFound(_ text: String, _ spellings: [String]) {
        #expect(Self.found(in: text) == spellings)
    }

    @Test(arguments: [
        "let asynchronous = 1", "// await", "\"try! again\"", "let a = b as Int", "x as? Int", "sprinter()",
        "let todo = 1", "// print(x)",
    ])
    func isNotFoundInWhatOnlyLooksLikeIt(_ text: String) {
        #expect(Self.found(in: text) == [])
    }
}
