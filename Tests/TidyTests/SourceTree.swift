import Foundation

/// A text file of the project.
struct SourceFile: Sendable {
    /// From the project's folder on, with slashes.
    let path: String
    let lines: [String]
    /// The same lines without comments and literals' texts, if it is Swift.
    let code: [String]

    init(path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        code = path.hasSuffix(".swift") ? SwiftText(text).lines : lines
    }

    /// The parts of the path.
    var folders: [String] { path.split(separator: "/").map(String.init) }

    /// The target of a file in `Sources`.
    var target: String? { folders.first == "Sources" && folders.count > 2 ? folders[1] : nil }

    /// Whether the file's name ends so.
    func has(ending endings: String...) -> Bool { endings.contains { path.hasSuffix(".\($0)") } }

    /// Lines of code that have the word, by number.
    func linesOfCode(with word: String) -> [Int] {
        code.indices.filter { SwiftText.words(of: code[$0]).contains(Substring(word)) }.map { $0 + 1 }
    }

    /// Lines of code that contain the text, by number.
    func linesOfCode(containing text: String) -> [Int] {
        code.indices.filter { code[$0].contains(text) }.map { $0 + 1 }
    }
}

/// Where a rule is broken, and how.
struct Finding: Equatable, CustomStringConvertible {
    let path: String
    var line = 1
    let remark: String

    var description: String { "\(path):\(line): \(remark)" }
}

/// The project's own text files.
enum SourceTree {
    /// What is built, fetched or left by tools; in a worktree, `.git` is a file.
    private static let foreignNames: Set<String> = [".git", "build", "__pycache__", ".pytest_cache"]

    /// The project's folder, found from this file.
    static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Every text file, in the order of their paths.
    static let files: [SourceFile] = paths(in: "").sorted().compactMap { path in
        guard let data = FileManager.default.contents(atPath: root.appendingPathComponent(path).path),
            !data.contains(0), let text = String(data: data, encoding: .utf8)
        else { return nil }
        return SourceFile(path: path, text: text)
    }

    /// The Swift files of `Sources`.
    static let sources = files.filter { $0.target != nil && $0.has(ending: "swift") }

    private static func paths(in folder: String) -> [String] {
        let names =
            (try? FileManager.default.contentsOfDirectory(
                atPath: root.appendingPathComponent(folder).path)) ?? []
        return names.flatMap { name -> [String] in
            guard !foreignNames.contains(name), !name.hasPrefix(".build") else { return [] }
            let path = folder.isEmpty ? name : "\(folder)/\(name)"
            let url = root.appendingPathComponent(path)
            let isFolder = (try? url.resourceValues(forKeys: [.isDirectoryKey]))?.isDirectory == true
            return isFolder ? paths(in: path) : [path]
        }
    }
}

/// Files in which something may occur that may occur nowhere else.
struct FileList {
    let files: [String]
    /// What may occur there.
    let subject: String
    /// The lines of a file where it does.
    let lines: @Sendable (SourceFile) -> [Int]

    /// Files that have it and are not listed, and listed ones that do not have it any more.
    func findings(in sources: [SourceFile]) -> [Finding] {
        let strangers = sources.filter { !files.contains($0.path) }.flatMap { file in
            lines(file).map {
                Finding(path: file.path, line: $0, remark: "\(subject) in a file that is not listed")
            }
        }
        let users = Set(sources.filter { !lines($0).isEmpty }.map(\.path))
        let idle = files.filter { !users.contains($0) }.map {
            Finding(path: $0, remark: "is listed for \(subject) and has none")
        }
        return strangers + idle
    }
}
