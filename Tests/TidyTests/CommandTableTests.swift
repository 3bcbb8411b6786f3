import Testing

/// Every command is registered, described and tried against a server.
@Suite struct CommandTableTests {
    static let table = "Sources/Commands/CommandTable.swift"

    /// What commands conform to.
    private static let protocols: Set<Substring> = ["Command", "RunCommand"]

    static func commandFiles(_ files: [SourceFile]) -> [SourceFile] {
        files.filter { $0.target == "Commands" }
    }

    /// The commands that files define, with where they do.
    static func commands(in files: [SourceFile]) -> [(name: String, path: String, line: Int)] {
        commandFiles(files).flatMap { file in
            file.code.enumerated().compactMap { index, line in
                let halves = line.split(separator: ":", maxSplits: 1)
                guard halves.count == 2, !protocols.isDisjoint(with: SwiftText.words(of: halves[1])) else {
                    return nil
                }
                let words = SwiftText.words(of: halves[0])
                guard let place = words.firstIndex(where: { ["struct", "class", "enum"].contains($0) }) else {
                    return nil
                }
                return words.dropFirst(place + 1).first.map { (String($0), file.path, index + 1) }
            }
        }
    }

    /// Whether a file has `extension Name { ... static var description ...`.
    static func describes(_ name: String, _ file: SourceFile) -> Bool {
        guard let start = file.code.firstIndex(of: "extension \(name) {") else { return false }
        return file.code[start...].prefix { $0 != "}" }.contains {
            $0.contains("static var description: CommandDescription")
        }
    }

    static func findings(in files: [SourceFile]) -> [Finding] {
        let table = files.first { $0.path == Self.table }
        return commands(in: files).flatMap { command -> [Finding] in
            func finding(_ remark: String) -> Finding {
                Finding(path: command.path, line: command.line, remark: "\(command.name) \(remark)")
            }
            let isCalled = table?.linesOfCode(containing: "CommandDispatch<\(command.name)>").count == 1
            let isRegistered = table?.linesOfCode(containing: "(\(command.name).description)").count == 1
            let isDescribed = commandFiles(files).contains { describes(command.name, $0) }
            return (isCalled && isRegistered ? [] : [finding("is not in the table")])
                + (isDescribed ? [] : [finding("has no description")])
        }
    }

    @Test func everyCommandIsInTheTableAndDescribed() {
        #expect(Self.findings(in: SourceTree.sources) == [])
    }

    @Test func theCommandsAreFound() {
        let names = Self.commands(in: SourceTree.sources).map(\.name)
        #expect(names.contains("TensorSet") && names.contains("ModelExecute") && names.contains("Configure"))
    }

    @Test func theTableHasNothingElse() throws {
        let table = try #require(SourceTree.files.first { $0.path == Self.table })
        #expect(
            table.linesOfCode(containing: "CommandDispatch<").count
                == Self.commands(in: SourceTree.sources).count)
    }

    /// The names on the wire that the descriptions give.
    static let wireNames: [String] = commandFiles(SourceTree.sources).flatMap { file in
        file.lines.flatMap { line in
            line.split(separator: "\"").filter { $0.hasPrefix("ai.") }.map(String.init)
        }
    }

    @Test func everyCommandHasANameOnTheWire() {
        #expect(Self.wireNames.count == Self.commands(in: SourceTree.sources).count)
    }

    @Test(arguments: wireNames)
    func everyCommandIsTriedAgainstAServer(_ name: String) {
        let word = name.dropFirst("ai.".count).drop { $0 == "_" }
        #expect(SourceTree.files.contains { $0.path == "Tests/server/test_\(word).py" })
    }

    static func remarks(_ command: String, table: String, description: String) -> [String] {
        findings(in: [
            SourceFile(path: "Sources/Commands/New.swift", text: command),
            SourceFile(path: Self.table, text: table),
            SourceFile(path: "Sources/Commands/NewDescriptions.swift", text: description),
        ]).map(\.remark)
    }

    static let described = "extension New {\n    static var description: CommandDescription {\n    }\n}"
    static let registered = "context.register(New.description) { CommandDispatch<New>.run($0) }"

    @Test func aCommandThatHasBothIsNotFound() {
        #expect(
            Self.remarks("public struct New: Command {", table: Self.registered, description: Self.described)
                == [])
    }

    @Test(arguments: [
        "", "// CommandDispatch<New> (New.description)", "CommandDispatch<Newer>(Newer.description)",
    ])
    func aCommandThatIsNotInTheTableIsFound(_ table: String) {
        #expect(
            Self.remarks("struct New: Command, Sendable {", table: table, description: Self.described)
                == ["New is not in the table"])
    }

    @Test(arguments: [
        "", "extension New {\n}", "extension Other {\n    static var description: CommandDescription {\n}",
    ])
    func aCommandWithoutADescriptionIsFound(_ description: String) {
        #expect(
            Self.remarks("struct New: Command {", table: Self.registered, description: description)
                == ["New has no description"])
    }

    @Test func whatIsNoCommandNeedsNothing() {
        #expect(Self.remarks("struct New: CommandFailure {", table: "", description: "") == [])
    }
}
