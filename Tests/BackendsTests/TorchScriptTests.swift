import CTorchBridge
import Execution
import Tensors
import Testing

@testable import Backends

/// What the bridge offers for scripts: sources that are compiled, and functions that ask the host.
extension BackendsTests {
    @Suite
    struct TorchScriptTests {
        /// Sums, like the scripts that clients bring.
        private static let sums = """
            def bar(tensors: List[Tensor], keys: List[str], args: List[str]):
                return tensors[0] + tensors[1]

            def several(tensors: List[Tensor], keys: List[str], args: List[str]):
                return tensors[0] + len(keys), tensors[0] + int(args[0])

            def listed(tensors: List[Tensor], keys: List[str], args: List[str]):
                return [tensor * 2 for tensor in tensors]

            def nothing(tensors: List[Tensor], keys: List[str], args: List[str]):
                pass

            def old(a, b):
                return a + b

            def rest(a, others: List[Tensor]):
                return a + others[0] + others[1]

            def number(a: Tensor, b: int):
                return a + b

            def wrong(tensors: List[Tensor], keys: List[str], args: List[Tensor]):
                return tensors
            """

        /// The runtime's words; empty if there are none.
        private func text(of error: ExecutionError?) -> String {
            guard case .backend(let text) = error else { return "" }
            return text
        }

        private func pair() throws -> Tensor { try .floats([2], [2, 3]) }

        @Test func functionsAreListedInTheirOrder() throws {
            let script = try TorchScript(Self.sums)
            #expect(
                script.functions == ["bar", "several", "listed", "nothing", "old", "rest", "number", "wrong"])
        }

        @Test(arguments: [
            ("missing", "Function missing does not exist in the given script."),
            ("old", "Wrong number of inputs in function old. Expected 3 but was 2"),
            (
                "wrong",
                "Wrong inputs type in function wrong. Expected signature similar to: def wrong"
                    + "(tensors: List[Tensor], keys: List[str], args: List[str])"
            ),
            ("bar", ""),
        ])
        func entryPointsAreChecked(_ name: String, _ text: String) throws {
            #expect(try TorchScript(Self.sums).refusal(of: name) == text)
        }

        @Test func entryPointsTakeThreeLists() throws {
            let script = try TorchScript(Self.sums)
            let sum = try script.run("bar", [pair(), pair()], outputCount: 1)
            #expect(sum.map(\.floats) == [[4, 6]])
            let several = try script.run(
                "several", [pair()], keys: ["a", "b"], args: ["10"], outputCount: 2)
            #expect(several.map(\.floats) == [[4, 5], [12, 13]])
            let listed = try script.run("listed", [pair(), pair(), pair()], outputCount: 3)
            #expect(listed.map(\.floats) == [[4, 6], [4, 6], [4, 6]])
        }

        @Test func otherFunctionsAreFilledFromLeftToRight() throws {
            let script = try TorchScript(Self.sums)
            let inputs = try [pair(), pair(), pair(), pair()]
            #expect(try script.run("old", inputs, isEntryPoint: false, outputCount: 1)[0].floats == [4, 6])
            #expect(try script.run("rest", inputs, isEntryPoint: false, outputCount: 1)[0].floats == [6, 9])
        }

        @Test(arguments: [
            ("nowhere", 1, "Function does not exist: nowhere"),
            ("old", 1, "Wrong number of inputs provided to function: old"),
            ("rest", 1, "Wrong number of inputs provided to function: rest"),
            ("number", 2, "Unsupported input type in function definition: number"),
        ])
        func whatCannotBeFilledIsRefused(_ name: String, _ count: Int, _ text: String) throws {
            let script = try TorchScript(Self.sums)
            let inputs = try (0..<count).map { _ in try pair() }
            #expect(throws: ExecutionError.backend(text)) {
                try script.run(name, inputs, isEntryPoint: false, outputCount: 1)
            }
        }

        @Test func outputsAreCountedUnlessNoneIsWanted() throws {
            let script = try TorchScript(Self.sums)
            #expect(try script.run("listed", [pair()], outputCount: 0).isEmpty)
            #expect(try script.run("nothing", [], outputCount: 0).isEmpty)
            #expect(
                throws: ExecutionError.backend("Function returned unexpected number of outputs - listed")
            ) { try script.run("listed", [pair()], outputCount: 2) }
            #expect(throws: ExecutionError.backend("Function returned non-tensor valuesnothing")) {
                try script.run("nothing", [], outputCount: 1)
            }
        }

        @Test func theHostIsAsked() throws {
            let script = try TorchScript(
                """
                def ask(tensors: List[Tensor], keys: List[str], args: List[str]):
                    redis.execute("PING")
                    Redis.execute("SET", keys[0], args[0])
                    value = redis.execute("LRANGE", [keys[0], "0", "-1"])
                    numbers = [int(str(part)) for part in redis.asList(value)]
                    return torch.tensor(numbers)
                """)
            let host = TorchHost { words in
                words[0] == "LRANGE" ? .list([.integer(1 << 40), .text("2")]) : .text("OK")
            }
            let outputs = try script.run(
                "ask", [], keys: ["k"], args: ["v\u{0}w"], outputCount: 1, host: host)
            #expect(outputs.map(\.dimensions) == [[2]])
            #expect(outputs[0].bytes.prefix(8) == [0, 0, 0, 0, 0, 1, 0, 0])
            #expect(host.words == [["PING"], ["SET", "k", "v\u{0}w"], ["LRANGE", "k", "0", "-1"]])
        }

        @Test func anErrorOfTheHostEndsTheRun() throws {
            let script = try TorchScript(
                """
                def ask(tensors: List[Tensor], keys: List[str], args: List[str]):
                    redis.execute("SET", "x")
                """)
            let host = TorchHost { _ in .error("Invalid argument") }
            let error = #expect(throws: ExecutionError.self) {
                try script.run("ask", [], outputCount: 0, host: host)
            }
            #expect(text(of: error).hasSuffix("Redis command returned an error: Invalid argument"))
        }

        /// Models and scripts are made ready by the same code, so this stands for both.
        @Test func aRunIsStoppedBetweenStepsWhereThereIsNoLoop() throws {
            let steps = String(repeating: "    a = a + 1\n", count: 20)
            let script = try TorchScript("def f(a):\n    redis.execute(\"STOP\")\n\(steps)    return a\n")
            #expect(throws: ExecutionError.backend("Exiting due to terminate flag being set to true")) {
                try script.run(
                    "f", [pair()], isEntryPoint: false, outputCount: 1, host: TorchHost { _ in .stop })
            }
            let outputs = try script.run(
                "f", [pair()], isEntryPoint: false, outputCount: 1, host: TorchHost { _ in .integer(0) })
            #expect(outputs[0].floats == [22, 23])
        }

        @Test func modelsAreRunByTheHost() throws {
            let script = try TorchScript(
                """
                def twice(tensors: List[Tensor], keys: List[str], args: List[str]):
                    return redisAI.model_execute(keys[0], [tensors[0].t()], 1)
                """)
            let host = TorchHost { _ in .tensor }
            let input = try Tensor.floats([2, 3], [1, 2, 3, 4, 5, 6])
            let outputs = try script.run("twice", [input], keys: ["m"], outputCount: 1, host: host)
            #expect(host.words == [["m", "1"]])
            #expect(outputs[0].dimensions == [3, 2])
            #expect(outputs[0].floats == [1, 4, 2, 5, 3, 6])
        }

        @Test func withoutAHostThereIsNothingToAsk() throws {
            let script = try TorchScript("def f(a: Tensor):\n    redis.execute(\"PING\")\n    return a\n")
            let error = #expect(throws: ExecutionError.self) {
                try script.run("f", [pair()], isEntryPoint: false, outputCount: 1)
            }
            #expect(text(of: error).contains("redis.execute is not possible here"))
        }

        @Test(arguments: [
            ("def f(a):\n    return a +\n", "expected"), ("def f(a):\n    return b\n", "undefined value b"),
            ("def f(a):\n    return torch.nothing(a)\n", "Unknown builtin op: aten::nothing"),
            (
                "def f(a):\n    return torch.from_file(\"/etc/hostname\", False, 1)\n",
                "ERR operator 'aten::from_file' is not allowed; "
                    + "the setting TORCH_ALLOW_ALL_OPERATORS allows it"
            ),
            (
                "def f(a: str):\n    return a.from_file(False, 1)\n",
                "object has no attribute or method 'from_file'"
            ),
            (
                "def f(a):\n    torch.ops.aten.save(a, \"/tmp/redisai_must_not_be_there\")\n",
                "ERR operator 'aten::save' is not allowed; "
                    + "the setting TORCH_ALLOW_ALL_OPERATORS allows it"
            ),
            ("def f(a):\n    return torch.ops.c10d.barrier(a)\n", "c10d::barrier"),
        ])
        func sourcesThatCannotBeUsedAreRefused(_ source: String, _ words: String) throws {
            let error = #expect(throws: ExecutionError.self) { try TorchScript(source) }
            #expect(text(of: error).contains(words))
        }

        @Test(arguments: ["(", "-", "not ", "1+", "a."])
        func deeplyNestedSourcesAreRefused(_ part: String) throws {
            let nested = String(repeating: part, count: 100_000)
            #expect(throws: ExecutionError.backend("ERR the source is nested too deeply")) {
                try TorchScript("def f(a):\n    return \(nested)a\n")
            }
        }

        @Test func functionsThatGrowBeyondMeasureAreRefused() throws {
            var source = "def f0(a):\n    return a + 1\n"
            for level in 1...40 {
                source += "def f\(level)(a):\n    return f\(level - 1)(a) + f\(level - 1)(a)\n"
            }
            #expect(throws: ExecutionError.backend("ERR the code is too large")) {
                try TorchScript(source)
            }
        }

        @Test func manyStepsInARowCompileAndRun() throws {
            let source =
                "def f(a):\n" + String(repeating: "    a = a + 1\n", count: 20_000) + "    return a\n"
            let outputs = try TorchScript(source).run("f", [pair()], isEntryPoint: false, outputCount: 1)
            #expect(outputs[0].floats == [20_002, 20_003])
        }
    }
}
