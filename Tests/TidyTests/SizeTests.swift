import Testing

/// Lines, functions and files that fit on a screen.
@Suite struct SizeTests {
    static let longestLine = 110
    static let longestFunction = 70
    static let longestFile = 400

    static func longLines(in file: SourceFile) -> [Finding] {
        file.lines.indices.filter { file.lines[$0].count > longestLine }.map {
            Finding(path: file.path, line: $0 + 1, remark: "\(file.lines[$0].count) characters")
        }
    }

    static func longFunctions(in file: SourceFile) -> [Finding] {
        FunctionLengths(file.code).functions.filter { $0.lineCount > longestFunction }.map {
            Finding(path: file.path, line: $0.line, remark: "a function of \($0.lineCount) lines")
        }
    }

    static func isLong(_ file: SourceFile) -> Bool {
        // The end of the last line begins none.
        (file.lines.last == "" ? file.lines.count - 1 : file.lines.count) > longestFile
    }

    static let programs = SourceTree.files.filter { $0.has(ending: "swift", "py", "sh", "c", "cpp", "h") }
    static let swift = SourceTree.files.filter { $0.has(ending: "swift") }

    @Test func linesAreShort() {
        #expect(Self.programs.flatMap(Self.longLines) == [])
    }

    @Test func functionsAreShort() {
        #expect(Self.swift.flatMap(Self.longFunctions) == [])
    }

    /// What other modules include is one file, so that it can be copied.
    static let publicHeader = "Sources/CSharedAPI/include/redisai.h"

    @Test func filesAreShort() {
        let long = Self.programs.filter(Self.isLong).map(\.path)
        #expect(long.filter { $0 != Self.publicHeader } == [])
    }

    static func file(_ text: String) -> SourceFile { SourceFile(path: "New.swift", text: text) }

    @Test(arguments: [(110, 0), (111, 1)])
    func aLongLineIsFound(_ count: Int, _ findingCount: Int) {
        #expect(
            Self.longLines(in: Self.file(String(repeating: "\u{E9}", count: count))).count == findingCount)
    }

    @Test(arguments: [(68, 0), (69, 1)])
    func aLongFunctionIsFound(_ bodyCount: Int, _ findingCount: Int) {
        let body = String(repeating: "    f()\n", count: bodyCount)
        #expect(Self.longFunctions(in: Self.file("func g() {\n\(body)}\n")).count == findingCount)
    }

    @Test(arguments: [(400, false), (401, true)])
    func aLongFileIsFound(_ count: Int, _ isLong: Bool) {
        #expect(Self.isLong(Self.file(String(repeating: "a\n", count: count))) == isLong)
    }
}

/// How many lines each function of some Swift code has, from its keyword to its closing brace.
///
/// Computed properties and closures that initialise a constant count as functions.
struct FunctionLengths {
    struct Function: Equatable {
        let line: Int
        let lineCount: Int
    }

    private(set) var functions: [Function] = []

    /// A brace that is open: the line of the function's keyword, if it is a function's, and what stood
    /// before it.
    private struct Block {
        let functionLine: Int?
        let header: [Word]
        let openParentheses: Int
    }

    private struct Word {
        let text: String
        let line: Int
    }

    private static let functionWords: Set<String> = ["func", "init", "deinit", "subscript", "var", "let"]
    private static let otherWords: Set<String> = [
        "class", "struct", "enum", "extension", "protocol", "if", "guard", "for", "while", "repeat", "switch",
        "do", "catch", "else", "case",
    ]

    private var blocks: [Block] = []
    private var header: [Word] = []
    private var openParentheses = 0

    /// - Parameter code: without comments and literals' texts.
    init(_ code: [String]) {
        for (index, line) in code.enumerated() { read(line, number: index + 1) }
    }

    private mutating func read(_ line: String, number: Int) {
        var word = ""
        var isMember = false
        for character in line + " " {
            if character.isLetter || character.isNumber || character == "_" {
                word.append(character)
                continue
            }
            // A member such as `self.init` begins nothing.
            if !word.isEmpty, !isMember { header.append(Word(text: word, line: number)) }
            isMember = character == "."
            word = ""
            read(character, number: number)
        }
    }

    private mutating func read(_ character: Character, number: Int) {
        switch character {
        case "(", "[": openParentheses += 1
        case ")", "]": openParentheses -= 1
        case "{": open()
        case "}": close(number)
        case ";": header = []
        default: break
        }
    }

    private mutating func open() {
        let isArgument = openParentheses > 0
        let keyword = header.last {
            Self.functionWords.contains($0.text) || Self.otherWords.contains($0.text)
        }
        let line = keyword.flatMap { Self.functionWords.contains($0.text) ? $0.line : nil }
        // A closure among arguments leaves the words before it as they are.
        blocks.append(
            Block(
                functionLine: isArgument ? nil : line, header: isArgument ? header : [],
                openParentheses: openParentheses))
        header = []
        openParentheses = 0
    }

    private mutating func close(_ number: Int) {
        guard let block = blocks.popLast() else { return }
        if let line = block.functionLine {
            functions.append(Function(line: line, lineCount: number - line + 1))
        }
        header = block.header
        openParentheses = block.openParentheses
    }
}

@Suite struct FunctionLengthTests {
    typealias Function = FunctionLengths.Function

    @Test(arguments: [
        ("func f() {}", [Function(line: 1, lineCount: 1)]),
        ("func f() {\n    g()\n}", [Function(line: 1, lineCount: 3)]),
        ("func f(\n    x: Int\n) {\n}", [Function(line: 1, lineCount: 4)]),
        ("init() {\n}", [Function(line: 1, lineCount: 2)]),
        ("deinit {\n}", [Function(line: 1, lineCount: 2)]),
        ("subscript(i: Int) -> Int {\n    i\n}", [Function(line: 1, lineCount: 3)]),
        ("var x: Int {\n    get { 1 }\n}", [Function(line: 1, lineCount: 3)]),
        ("let x = {\n    1\n}()", [Function(line: 1, lineCount: 3)]),
    ])
    func countsFromTheKeywordToTheBrace(_ text: String, _ functions: [Function]) {
        #expect(FunctionLengths(SwiftText(text).lines).functions == functions)
    }

    @Test(arguments: [
        "struct A {\n}", "extension A: B {\n}", "enum A {\n    case b\n}", "protocol A {\n    func f()\n}",
        "@Suite struct A {\n}",
    ])
    func passesOverTypes(_ text: String) {
        #expect(FunctionLengths(SwiftText(text).lines).functions == [])
    }

    @Test func countsFunctionsOfTypes() {
        let text = "struct A {\n    func f() {\n    }\n\n    func g() {\n    }\n}"
        #expect(
            FunctionLengths(SwiftText(text).lines).functions
                == [Function(line: 2, lineCount: 2), Function(line: 5, lineCount: 2)])
    }

    @Test func isNotMisledByControlFlow() {
        let text = "func f() {\n    if a {\n        b { c }\n    } else {\n    }\n    self.init { d }\n}"
        #expect(FunctionLengths(SwiftText(text).lines).functions == [Function(line: 1, lineCount: 7)])
    }

    @Test func isNotMisledByBracesInTexts() {
        let text = "func f() {\n    g(\"{\") // {\n}"
        #expect(FunctionLengths(SwiftText(text).lines).functions == [Function(line: 1, lineCount: 3)])
    }

    @Test func isNotMisledByAClosureAmongTheParameters() {
        let text = "func f(\n    x: () -> Void = {}\n) {\n}"
        #expect(FunctionLengths(SwiftText(text).lines).functions == [Function(line: 1, lineCount: 4)])
    }
}
