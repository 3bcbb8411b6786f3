import Foundation
import Testing

@testable import Guests

/// The Python that guests of the tests run: a program, not a script that looks for one.
struct TestPython {
    let path: String
    /// Folders that it reads its libraries from.
    let folders: [String]
    let hasNumpy: Bool

    static let found: TestPython? = {
        let code = """
            import importlib.util, sys
            print(sys.executable)
            print(importlib.util.find_spec("numpy") is not None)
            print(*{sys.prefix, sys.base_prefix}, sep="\\n")
            """
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", code]
        let output = Pipe()
        process.standardOutput = output
        do { try process.run() } catch { return nil }
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let lines = text.split(separator: "\n").map(String.init)
        guard lines.count > 2 else { return nil }
        return TestPython(path: lines[0], folders: Array(lines[2...]), hasNumpy: lines[1] == "True")
    }()

    /// Runs `code`, in which `messages` and `side` are its sockets and `tell` sends a text.
    static func program(
        _ code: String, _ arguments: [String] = [], sandbox: GuestSandbox = .none,
        limits: GuestLimits = GuestLimits()
    ) throws -> GuestProgram {
        let python = try #require(found, "Python is needed: install python3")
        let beginning = """
            import os, socket, sys
            messages, side = (socket.socket(fileno=int(word)) for word in sys.argv[-2:])
            def tell(text):
                messages.sendall(str(text).encode() + b"\\n")

            """
        return GuestProgram(
            name: "test", executable: python.path, arguments: ["-c", beginning + code] + arguments,
            limits: limits, sandbox: sandbox, readablePaths: python.folders, advice: "install python3")
    }
}
