import Testing

/// The reading of Swift on which the other rules stand.
@Suite struct SwiftTextTests {
    static func code(_ text: String) -> String { SwiftText(text).lines.joined(separator: "\n") }

    @Test(arguments: [
        ("a // b", "a     "), ("a /* b */ c", "a         c"), ("/* /* a */ b */ c", "                c"),
        ("a // b\nc", "a     \nc"), ("a /* b\nc */ d", "a     \n     d"), ("/// a", "     "),
        ("a / b", "a / b"),
    ])
    func commentsAreBlank(_ text: String, _ code: String) {
        #expect(Self.code(text) == code)
    }

    @Test(arguments: [
        (#"f("a b")"#, #"f("   ")"#), (#"f("")"#, #"f("")"#), (#""a\"b" c"#, #""    " c"#),
        (#""a\\" c"#, #""   " c"#), (#""// a" b"#, #""    " b"#), (##"#"a"b"# c"##, ##"#"   "# c"##),
        ("\"\"\"\na \"b\" c\n\"\"\" d", "\"\"\"\n       \n\"\"\" d"), ("\"\u{E9}\" a", "\"  \" a"),
        ("\"open\na", "\"    \na"),
    ])
    func literalsAreBlank(_ text: String, _ code: String) {
        #expect(Self.code(text) == code)
    }

    @Test(arguments: [
        (#""a\(b)c" d"#, #""  (b) " d"#), (#""\(f(x)) y""#, #"" (f(x))  ""#),
        (#""\("in" + x)""#, #"" ("  " + x)""#),
        (##"#"\(a)\#(b)"#"##, ##"#"      (b)"#"##),
    ])
    func codeInALiteralStays(_ text: String, _ code: String) {
        #expect(Self.code(text) == code)
    }

    @Test(arguments: ["", "a", "a\n", "\n\nb", "\"\"\"\na\n\"\"\"\nb"])
    func everyLineKeepsItsNumber(_ text: String) {
        #expect(
            SwiftText(text).lines.count == text.split(separator: "\n", omittingEmptySubsequences: false).count
        )
    }

    @Test(arguments: [
        ("unsafe f(x)", ["unsafe", "f", "x"]), ("unsafeThing", ["unsafeThing"]), ("a_b.c?", ["a_b", "c"]),
        ("", []),
    ])
    func wordsAreNamesAndKeywords(_ line: String, _ words: [Substring]) {
        #expect(SwiftText.words(of: line) == words)
    }
}

@Suite struct SourceTreeTests {
    @Test(arguments: [
        "Package.swift", "Sources/Tensors/Tensor.swift", ".ci/run", "Tests/TidyTests/SourceTree.swift",
    ])
    func findsTheProjectsFiles(_ path: String) {
        #expect(SourceTree.files.contains { $0.path == path })
    }

    @Test func passesOverWhatIsBuilt() {
        #expect(!SourceTree.files.contains { $0.path.hasPrefix(".build") || $0.path.hasPrefix("build/") })
    }

    @Test func knowsTheTargetOfAFile() {
        #expect(SourceFile(path: "Sources/Commands/Model/ModelGet.swift", text: "").target == "Commands")
    }

    static let list = FileList(files: ["a.swift", "b.swift"], subject: "goto") {
        $0.linesOfCode(with: "goto")
    }

    @Test func aListIsKeptIfItsFilesAndNoOthersHaveTheWord() {
        let files = ["a.swift", "b.swift"].map { SourceFile(path: $0, text: "goto x") }
        #expect(Self.list.findings(in: files).isEmpty)
    }

    @Test func aListIsBrokenByAnotherFile() {
        let files = ["a.swift", "b.swift", "c.swift"].map { SourceFile(path: $0, text: "\ngoto x") }
        #expect(
            Self.list.findings(in: files)
                == [Finding(path: "c.swift", line: 2, remark: "goto in a file that is not listed")])
    }

    @Test func aListIsBrokenByAFileThatNeedNotBeInIt() {
        let files = [
            SourceFile(path: "a.swift", text: "goto x"), SourceFile(path: "b.swift", text: "// goto"),
        ]
        #expect(
            Self.list.findings(in: files) == [
                Finding(path: "b.swift", remark: "is listed for goto and has none")
            ])
    }
}
